// SPDX-License-Identifier: Apache-2.0
// A loop on the Runtime API, as the platform's client for Java is one.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class Function {
	static String text(String event, String key) {
		Matcher m = Pattern.compile("\"" + key + "\": *\"([^\"]*)\"").matcher(event);
		return m.find() ? m.group(1) : null;
	}

	static String run(List<String> command) throws Exception {
		return new String(new ProcessBuilder(command).start().getInputStream().readAllBytes()).trim();
	}

	static String handler(String event) throws Exception {
		if (event.contains("\"fail\""))
			throw new IllegalStateException("asked to fail");
		Matcher m = Pattern.compile("\"run\": *\\[([^]]*)\\]").matcher(event);
		if (m.find())
			return "{\"ran\":\"" + run(Arrays.asList(m.group(1).replace("\"", "").split(", *"))) + "\"}";
		String name = text(event, "name");
		return "{\"hello\":\"" + name + "\",\"child\":\"" + run(List.of("/usr/bin/echo", "child of", name)) + "\"}";
	}

	public static void main(String[] args) throws Exception {
		String base = "http://" + System.getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";
		HttpClient http = HttpClient.newHttpClient();

		for (;;) {
			var next = http.send(HttpRequest.newBuilder(URI.create(base + "next")).build(), BodyHandlers.ofString());
			String kind = "response", result;
			try {
				result = handler(next.body());
			} catch (Exception e) {
				kind = "error";
				result = "{\"errorMessage\":\"" + e.getMessage() + "\"}";
			}
			String id = next.headers().firstValue("Lambda-Runtime-Aws-Request-Id").get();
			http.send(HttpRequest.newBuilder(URI.create(base + id + "/" + kind)).POST(HttpRequest.BodyPublishers.ofString(result)).build(),
				BodyHandlers.discarding());
		}
	}
}
