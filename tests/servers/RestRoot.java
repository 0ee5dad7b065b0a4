/* SPDX-License-Identifier: MIT */
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.apache.lucene.util.Version;
import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.settings.ClusterSettings;
import org.elasticsearch.common.settings.IndexScopedSettings;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.settings.SettingsFilter;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestController;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;

/** Answers GET / and HEAD /, whose own module is not published. */
public final class RestRoot extends Plugin implements ActionPlugin {
	private ClusterService cluster;

	@Override
	public Collection<?> createComponents(PluginServices services) {
		cluster = services.clusterService();
		return List.of();
	}

	@Override
	public Collection<RestHandler> getRestHandlers(Settings settings,
	    NamedWriteableRegistry names, RestController controller,
	    ClusterSettings clusterSettings, IndexScopedSettings indexSettings,
	    SettingsFilter filter, IndexNameExpressionResolver resolver,
	    Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> features) {
		return List.of(new Handler());
	}

	private final class Handler extends BaseRestHandler {
		@Override
		public String getName() {
			return "root";
		}

		@Override
		public List<Route> routes() {
			return List.of(new Route(RestRequest.Method.GET, "/"),
			    new Route(RestRequest.Method.HEAD, "/"));
		}

		@Override
		protected RestChannelConsumer prepareRequest(
		    RestRequest request, NodeClient client) {
			return channel -> channel.sendResponse(new RestResponse(
			    RestStatus.OK, describe(channel.newBuilder())));
		}
	}

	private XContentBuilder describe(XContentBuilder b) throws IOException {
		Build build = Build.current();

		return b.startObject()
		    .field("name", cluster.getNodeName())
		    .field("cluster_name", cluster.getClusterName().value())
		    .field("cluster_uuid",
			cluster.state().metadata().clusterUUID())
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
