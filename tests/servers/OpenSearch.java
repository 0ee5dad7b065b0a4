/* SPDX-License-Identifier: MIT */
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

import org.opensearch.Version;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.PluginInfo;

/** OpenSearch 2 or 3 with the modules that are on the class path. */
public final class OpenSearch implements Launcher.Server {
	private static final List<String> MODULES = List.of(
	    "transport.Netty4", "analysis.common.CommonAnalysis",
	    "index.reindex.Reindex", "painless.Painless", "join.ParentJoin",
	    "index.mapper.MapperExtras", "ingest.common.IngestCommon");

	private final Settings.Builder settings = Settings.builder();
	private Node node;

	/** The constructor that takes modules is for subclasses only. */
	@SuppressWarnings({ "unchecked", "rawtypes" })
	private static final class WithModules extends Node {
		WithModules(Environment env, Collection modules) {
			super(env, modules, true);
		}
	}

	@Override
	public void set(String key, String value) {
		settings.put(key, value);
	}

	/** A module is a class for version 2, a description of it for 3. */
	private static Object module(String name)
	    throws ClassNotFoundException {
		boolean two = Version.CURRENT.major < 3;
		// Version 3 only logs what it cannot find: look here.
		Class<?> c = Class.forName("org.opensearch." + name +
		    (two ? "Plugin" : "ModulePlugin"));
		return two ? c : new PluginInfo(name, name, "1",
		    Version.CURRENT, "17", c.getName(), null, List.of(), false);
	}

	@Override
	public int start() throws Exception {
		List<Object> modules = new ArrayList<>();
		for (String name : MODULES)
			modules.add(module(name));
		Environment env = InternalSettingsPreparer.prepareEnvironment(
		    settings.build(), Map.of(), null, () -> "n1");
		node = new WithModules(env, modules);
		node.start();
		return node.injector().getInstance(HttpServerTransport.class)
		    .boundAddress().publishAddress().getPort();
	}

	@Override
	public void close() throws IOException {
		if (node != null)
			node.close();
	}

	public static void main(String[] args) {
		Launcher.run(new OpenSearch(), args);
	}
}
