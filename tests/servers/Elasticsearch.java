/* SPDX-License-Identifier: MIT */
import java.io.IOException;
import java.lang.reflect.Method;
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

/** Elasticsearch 8 or 9 with the modules under path.home. */
public final class Elasticsearch implements Launcher.Server {
	private final Settings.Builder settings = Settings.builder();
	private Node node;

	@Override
	public void set(String key, String value) {
		settings.put(key, value);
	}

	/** Version 9 takes one argument more. */
	private static Object bundles(Path modules)
	    throws ReflectiveOperationException {
		for (Method m : PluginsLoader.class.getMethods())
			if (m.getName().equals("loadModulesBundles"))
				return m.getParameterCount() == 1 ?
				    m.invoke(null, modules) :
				    m.invoke(null, modules, false);
		throw new NoSuchMethodException("loadModulesBundles");
	}

	/** false: on the class path the server is no Java module. */
	private static PluginsLoader loader(Object bundles)
	    throws ReflectiveOperationException {
		for (Method m : PluginsLoader.class.getMethods())
			if (m.getName().equals("createPluginsLoader") &&
			    m.getParameterCount() == 4)
				return (PluginsLoader) m.invoke(null, bundles,
				    Set.of(), Map.of(), false);
		throw new NoSuchMethodException("createPluginsLoader");
	}

	@Override
	public int start() throws Exception {
		LogConfigurator.configureESLogging();
		Environment env = InternalSettingsPreparer.prepareEnvironment(
		    settings.build(), Map.of(),
		    Path.of(System.getProperty("es.path.conf")), () -> "n1");
		Path modules = Path.of(env.settings().get("path.home"))
		    .resolve("modules");
		node = new Node(env, loader(bundles(modules)));
		RestRoot.register(node);
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
