/* SPDX-License-Identifier: MIT */
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CountDownLatch;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** MongoDB's protocol: in memory with change streams, or in a file. */
public final class Mongo {
	private Mongo() {
	}

	/** PORT, 0 for any; FILE, empty for memory. */
	public static void main(String[] args) throws Exception {
		MongoServer server = new MongoServer(args[1].isEmpty() ?
		    new MemoryBackend() : new H2Backend(args[1]));
		if (args[1].isEmpty())
			server.enableOplog();
		server.bind("127.0.0.1", Integer.parseInt(args[0]));
		Runtime.getRuntime().addShutdownHook(
		    new Thread(server::shutdown));
		followOwner(System.getProperty("conn.owner"));
		publish(Path.of(System.getProperty("conn.url")), "mongodb:/" +
		    server.getLocalAddress());
		new CountDownLatch(1).await();
	}

	private static void followOwner(String pid) {
		if (!pid.isEmpty())
			ProcessHandle.of(Long.parseLong(pid)).ifPresentOrElse(
			    p -> p.onExit().thenRun(() -> System.exit(0)),
			    () -> System.exit(0));
	}

	private static void publish(Path file, String text) throws Exception {
		Path part = file.resolveSibling(file.getFileName() + ".part");
		Files.writeString(part, text + "\n");
		Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
	}
}
