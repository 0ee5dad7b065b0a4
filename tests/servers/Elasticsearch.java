/* SPDX-License-Identifier: MIT */
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;

/** What all versions of Elasticsearch have in common. */
abstract class Elasticsearch implements Launcher.Server {
	private final Settings.Builder settings = Settings.builder();
	private Node node;

	/** A node with the modules under path.home. */
	abstract Node make(Environment env) throws Exception;

	@Override
	public void set(String key, String value) {
		settings.put(key, value);
	}

	@Override
	public int start() throws Exception {
		node = make(InternalSettingsPreparer.prepareEnvironment(
		    settings.build(), Map.of(),
		    Path.of(System.getProperty("es.path.conf")), () -> "n1"));
		node.start();
		return node.injector().getInstance(HttpServerTransport.class)
		    .boundAddress().publishAddress().getPort();
	}

	@Override
	public void close() throws IOException {
		if (node != null)
			node.close();
	}
}
