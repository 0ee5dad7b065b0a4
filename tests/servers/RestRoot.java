/* SPDX-License-Identifier: MIT */
import java.io.IOException;
import java.lang.reflect.Field;
import java.util.List;

import org.apache.lucene.util.Version;
import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.http.AbstractHttpServerTransport;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.Node;
import org.elasticsearch.rest.RestChannel;
import org.elasticsearch.rest.RestController;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;

/** Answers GET / and HEAD /, whose own module is not published. */
final class RestRoot implements RestHandler {
	private final ClusterService cluster;

	private RestRoot(ClusterService cluster) {
		this.cluster = cluster;
	}

	/** What a module registers by differs between versions; this does not. */
	static void register(Node node) throws ReflectiveOperationException {
		HttpServerTransport http =
		    node.injector().getInstance(HttpServerTransport.class);
		Field f = AbstractHttpServerTransport.class
		    .getDeclaredField("dispatcher");

		f.setAccessible(true);
		((RestController) f.get(http)).registerHandler(new RestRoot(
		    node.injector().getInstance(ClusterService.class)));
	}

	@Override
	public List<Route> routes() {
		return List.of(new Route(RestRequest.Method.GET, "/"),
		    new Route(RestRequest.Method.HEAD, "/"));
	}

	@Override
	public void handleRequest(RestRequest request, RestChannel channel,
	    NodeClient client) throws Exception {
		channel.sendResponse(new RestResponse(RestStatus.OK,
		    describe(channel.newBuilder())));
	}

	private XContentBuilder describe(XContentBuilder b) throws IOException {
		Build build = Build.current();

		return b.startObject()
		    .field("name", "n1")
		    .field("cluster_name", cluster.getClusterName().value())
		    .startObject("version")
		    .field("number", build.version())
		    .field("build_flavor", build.flavor())
		    .field("build_type", build.type().displayName())
		    .field("build_hash", build.hash())
		    .field("build_date", build.date())
		    .field("build_snapshot", build.isSnapshot())
		    .field("lucene_version", Version.LATEST.toString())
		    .field("minimum_wire_compatibility_version",
			build.minWireCompatVersion())
		    .field("minimum_index_compatibility_version",
			build.minIndexCompatVersion())
		    .endObject()
		    .field("tagline", "You Know, for Search")
		    .endObject();
	}
}
