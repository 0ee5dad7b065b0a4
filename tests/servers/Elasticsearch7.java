/* SPDX-License-Identifier: MIT */
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;

/** Elasticsearch 7 with the modules under path.home. */
public final class Elasticsearch7 implements Launcher.Server {
	private final Settings.Builder settings = Settings.builder();
	private Node node;

	@Override
	public void set(String key, String value) {
		settings.put(key, value);
	}

	@Override
	public int start() throws Exception {
		Environment env = InternalSettingsPreparer.prepareEnvironment(
		    settings.build(), Map.of(),
		    Path.of(System.getProperty("es.path.conf")), () -> "n1");
		node = new Node(env);
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
		Launcher.run(new Elasticsearch7(), args);
	}
}
