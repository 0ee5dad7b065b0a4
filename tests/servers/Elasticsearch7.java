/* SPDX-License-Identifier: MIT */
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;

/** Elasticsearch 7. */
public final class Elasticsearch7 extends Elasticsearch {
	@Override
	Node make(Environment env) {
		return new Node(env);
	}

	public static void main(String[] args) {
		Launcher.run(new Elasticsearch7(), args);
	}
}
