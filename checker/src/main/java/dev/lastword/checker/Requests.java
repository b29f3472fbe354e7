package dev.lastword.checker;

import dev.lastword.checker.template.Address;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;
import dev.lastword.cli.UsageException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes requests of what was said about them. */
final class Requests {
  private final Settings settings;

  Requests(Settings settings) {
    this.settings = settings;
  }

  /**
   * The request to an address.
   *
   * @param more headers that are sent unless others of their names were said
   */
  RequestTemplate to(String url, List<Map.Entry<String, Template>> more) {
    var data = settings.get(Flags.DATA.flag(), "");
    var method = settings.get(Flags.METHOD.flag(), data.isEmpty() ? "GET" : "POST");
    var headers = new ArrayList<>(headers(Flags.HEADER));
    more.stream().filter(each -> !has(headers, each.getKey())).forEach(headers::add);
    if (data.stripLeading().startsWith("{") && !has(headers, "Content-Type")) {
      headers.add(Map.entry("Content-Type", new Template("application/json")));
    }
    return new RequestTemplate(
        method.toUpperCase(Locale.ROOT),
        new Template(url(url)),
        List.copyOf(headers),
        new Template(data));
  }

  /** The address, if it is one that can be asked. */
  static String url(String url) {
    if (!url.startsWith("http://") && !url.startsWith("https://")) {
      throw new UsageException("'" + url + "' is no http or https address");
    }
    return url;
  }

  /** Credentials go to the host that they were given for, and to no other. */
  static String origin(String url) {
    return url.replaceFirst("^(https?://[^/?#]*).*$", "$1").toLowerCase(Locale.ROOT);
  }

  /** The address of the host alone. */
  static URI host(String url) {
    try {
      return Address.of(origin(url), url);
    } catch (MissingValueException e) {
      throw new UsageException("--http2 needs an address whose host is written out");
    }
  }

  private static boolean has(List<Map.Entry<String, Template>> headers, String name) {
    return headers.stream().anyMatch(each -> each.getKey().equalsIgnoreCase(name));
  }

  /** Header lines of a flag. */
  List<Map.Entry<String, Template>> headers(Flags flag) {
    return settings.all(flag.flag()).stream().map(line -> header(flag, line)).toList();
  }

  private static Map.Entry<String, Template> header(Flags flag, String line) {
    int colon = line.indexOf(':');
    if (colon < 1 || !line.substring(0, colon).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
      throw new UsageException("--" + flag.flag() + " '" + line + "' is not 'name: value'");
    }
    return Map.entry(line.substring(0, colon), new Template(line.substring(colon + 1).strip()));
  }
}
