package dev.lastword.checker.template;

import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A request with places in it.
 *
 * @param headers names and values, in their order
 */
public record RequestTemplate(
    String method, Template url, List<Map.Entry<String, Template>> headers, Template body) {

  /** A GET. */
  public static RequestTemplate get(Template url, List<Map.Entry<String, Template>> headers) {
    return new RequestTemplate("GET", url, headers, new Template(""));
  }

  /**
   * The request of one run.
   *
   * @throws MissingValueException if a place has no value, or the address is none with it
   */
  public Request request(Values values) {
    var filled =
        headers.stream()
            .map(each -> new Header(each.getKey(), each.getValue().line(values)))
            .filter(each -> !each.value().isBlank() || !each.name().equalsIgnoreCase("cookie"))
            .toList();
    var contentType =
        filled.stream()
            .filter(header -> header.name().equalsIgnoreCase("content-type"))
            .map(Header::value)
            .findFirst()
            .orElse("");
    return new Request(
        method,
        Address.of(url.address(values), url.text()),
        filled,
        body.body(values, contentType).getBytes(StandardCharsets.UTF_8));
  }
}
