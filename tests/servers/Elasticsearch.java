/* SPDX-License-Identifier: MIT */
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** Elasticsearch 8 with the modules under path.home. */
public final class Elasticsearch implements Launcher.Server {
	private final Settings.Builder settings = Settings.builder();
	private Node node;

	@Override
	public void set(String key, String value) {
		settings.put(key, value);
	}

	@Override
	public int start() throws Exception {
		LogConfigurator.configureESLogging();
		Environment env = InternalSettingsPreparer.prepareEnvironment(
		    settings.build(), Map.of(),
		    Path.of(System.getProperty("es.path.conf")), () -> "n1");
		Path modules = Path.of(env.settings().get("path.home"))
		    .resolve("modules");
		// false: on the class path the server is no Java module.
		node = new Node(env, PluginsLoader.createPluginsLoader(
		    PluginsLoader.loadModulesBundles(modules), Set.of(),
		    Map.of(), false));
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
		Launcher.run(new Elasticsearch(), args);
	}
}
