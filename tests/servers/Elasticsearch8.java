/* SPDX-License-Identifier: MIT */
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** Elasticsearch 8 or 9. */
public final class Elasticsearch8 extends Elasticsearch {
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
	Node make(Environment env) throws ReflectiveOperationException {
		Path home = Path.of(env.settings().get("path.home"));
		Node node = new Node(env, loader(bundles(
		    home.resolve("modules"))));
		RestRoot.register(node);
		return node;
	}

	public static void main(String[] args) {
		LogConfigurator.configureESLogging();
		Launcher.run(new Elasticsearch8(), args);
	}
}
