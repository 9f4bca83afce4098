// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Requests that are answered with ProcessBuilder.  Called with a file of requests, one a line. */
final class Function {
	private static String run(String... command) throws IOException, InterruptedException {
		Process p = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
		String output = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		if (p.waitFor() != 0)
			throw new IOException(command[0] + " ended with " + p.exitValue());
		return output;
	}

	private static String archive(String name, String text) throws IOException, InterruptedException {
		Files.writeString(Path.of(name), text + "\n");
		run("tar", "-cf", name + ".tar", name);
		run("sh", "-c", "gzip -n " + name + ".tar");
		return run("tar", "-xzOf", name + ".tar.gz");
	}

	private static String history(String name) throws IOException, InterruptedException {
		run("git", "clone", "--quiet", "../in/repository", name);
		return run("git", "-C", name, "log", "--format=%s");
	}

	private static String answer(String[] request) throws IOException, InterruptedException {
		switch (request[0]) {
		case "archive": return archive(request[1], request[2]);
		case "clone": return history(request[1]);
		default: return run("sh", "-c", "curl --silent " + System.getenv("SERVER") + "/" + request[1]);
		}
	}

	public static void main(String[] args) throws IOException, InterruptedException {
		for (String line : Files.readAllLines(Path.of(args[0]))) {
			String[] request = line.split("\\|");
			System.out.print(request[0] + ": " + answer(request));
		}
	}
}
