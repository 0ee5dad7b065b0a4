/* SPDX-License-Identifier: MIT */
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CountDownLatch;

/** What the servers have in common: the life of a node in this process. */
final class Launcher {
	interface Server extends Closeable {
		void set(String key, String value);
		/** Starts the node; gives the port of its HTTP. */
		int start() throws Exception;
	}

	private Launcher() {
	}

	/** Runs until a signal or the end of the process conn.owner. */
	static void run(Server server, String[] settings) {
		try {
			for (String s : settings) {
				int at = s.indexOf('=');
				server.set(s.substring(0, at),
				    s.substring(at + 1));
			}
			Runtime.getRuntime().addShutdownHook(
			    new Thread(() -> close(server)));
			followOwner(System.getProperty("conn.owner"));
			publish(Path.of(System.getProperty("conn.url")),
			    "http://127.0.0.1:" + server.start());
			new CountDownLatch(1).await();
		} catch (Throwable e) {
			e.printStackTrace();
			System.exit(1);
		}
	}

	private static void close(Closeable c) {
		try {
			c.close();
		} catch (IOException e) {
			e.printStackTrace();
		}
	}

	private static void followOwner(String pid) {
		if (pid.isEmpty())
			return;
		ProcessHandle.of(Long.parseLong(pid)).ifPresentOrElse(
		    p -> p.onExit().thenRun(() -> System.exit(0)),
		    () -> System.exit(0));
	}

	private static void publish(Path file, String text) throws IOException {
		Path part = file.resolveSibling(file.getFileName() + ".part");
		Files.writeString(part, text + "\n");
		Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
	}
}
