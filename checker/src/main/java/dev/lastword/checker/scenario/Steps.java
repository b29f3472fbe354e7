package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Host;
import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.probe.Reply;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Values;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The requests ahead of one run's own, such as a login. Their cookies go with what follows, as a
 * browser would send them: to the host that has set them, and to no other; to this machine also
 * those that are for TLS alone.
 */
final class Steps {
  private static final Pattern FOR_TLS_ALONE = Pattern.compile("(?i);\\s*secure\\s*(?=;|$)");

  private final Reader reader;

  /** Without steps there are no cookies, and their classes need not be loaded. */
  private @Nullable CookieManager cookies;

  Steps(Reader reader) {
    this.reader = reader;
  }

  /**
   * Makes them, one after the other.
   *
   * @return the values, with what was answered
   * @throws StepFailedException if one is refused
   */
  Values run(Map<String, RequestTemplate> steps, Values before) throws IOException {
    var values = before;
    for (var step : steps.entrySet()) {
      var request = withCookies(step.getValue().request(values));
      var reply = reply(step.getKey(), request);
      keepCookies(request.uri(), reply);
      values = values.withStep(step.getKey(), reply);
    }
    return values;
  }

  private Reply reply(String name, Request request) throws IOException {
    try (var wire = reader.open(request)) {
      var reply = wire.exchange(request);
      if (reply.head().status() >= 400) {
        throw new StepFailedException(
            "step '%s' is answered HTTP %d; it says '%s'"
                .formatted(name, reply.head().status(), excerpt(reply.text())));
      }
      return reply;
    } catch (StepFailedException e) {
      throw e;
    } catch (IOException e) {
      throw new StepFailedException(
          "step '"
              + name
              + "': "
              + Unreachable.because(e, request.uri().getRawAuthority().replaceFirst("^.*@", "")));
    }
  }

  private static String excerpt(String text) {
    var line = text.strip().replaceAll("[\\s\\p{Cc}]+", " ");
    return line.length() <= 120 ? line : line.substring(0, 120) + " …";
  }

  private void keepCookies(URI uri, Reply reply) throws IOException {
    var set =
        reply.head().all("set-cookie").stream()
            .map(each -> Host.isLoopback(uri) ? FOR_TLS_ALONE.matcher(each).replaceAll("") : each)
            .toList();
    if (!set.isEmpty()) {
      var jar = cookies == null ? new CookieManager() : cookies;
      jar.put(inJar(uri), Map.of("Set-Cookie", set));
      cookies = jar;
    }
  }

  /** The value of a cookie header for this address, {@code ""} if there is none. */
  String cookies(URI uri) throws IOException {
    return cookies == null
        ? ""
        : cookies.get(inJar(uri), Map.of()).values().stream()
            .flatMap(List::stream)
            .collect(Collectors.joining("; "));
  }

  /** The address as {@link CookieManager} can tell it from others: it asks {@link URI#getHost}. */
  private static URI inJar(URI uri) {
    var host = Host.of(uri);
    return uri.getHost() == null
        ? URI.create(uri.toString().replaceFirst(Pattern.quote(host), host.replace("_", "x5f")))
        : uri;
  }

  /** The request with its cookies, unless it brings its own. */
  Request withCookies(Request request) throws IOException {
    var line = cookies(request.uri());
    return line.isEmpty() || request.has("cookie") ? request : request.with("Cookie", line);
  }
}
