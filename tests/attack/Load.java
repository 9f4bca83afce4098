// SPDX-License-Identifier: Apache-2.0
// A native library for Java from anywhere.  Called as `Load WAY` or `Load WAY twin`, see attack.h.
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

final class Load {
	private static native int answer();

	private static Path dropped() throws IOException {
		return Files.copy(Path.of("../lib/evil.so"), Path.of("module.so"));
	}

	public static void main(String[] args) throws IOException {
		boolean twin = args.length == 2;
		Path library = twin ? Path.of("../lib/good.so") : dropped();
		try {
			System.load(library.toAbsolutePath().normalize().toString());
		} catch (UnsatisfiedLinkError error) {
			System.err.println("stopped: " + error.getMessage());
			System.exit(1);
		}
		System.out.println("answer " + answer());
	}
}
