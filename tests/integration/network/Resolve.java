// SPDX-License-Identifier: Apache-2.0
// Connects to port 8080 of each name.
import java.net.InetSocketAddress;
import java.net.Socket;

public class Resolve {
	public static void main(String[] names) {
		for (String name : names) {
			try (Socket s = new Socket()) {
				s.connect(new InetSocketAddress(name, 8080), 3000);
				System.out.println(name + " yes");
			} catch (Exception e) {
				System.out.println(name + " no");
			}
		}
	}
}
