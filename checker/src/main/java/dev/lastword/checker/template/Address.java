package dev.lastword.checker.template;

import dev.lastword.checker.probe.Credentials;
import dev.lastword.checker.probe.Host;
import java.net.IDN;
import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;

/** Addresses as people write them, with the hosts that they have. */
public final class Address {
  private static final String HOST = "[A-Za-z0-9._~-]+|[0-9a-fA-F:.%]*:[0-9a-fA-F:.%a-z]*";

  private Address() {}

  /**
   * The address.
   *
   * @param written as it was written, its places not filled in
   * @throws MissingValueException if it is none
   */
  public static URI of(String address, String written) {
    try {
      return required(URI.create(address), written);
    } catch (IllegalArgumentException e) {
      throw none(written);
    }
  }

  /**
   * The address, which may be relative.
   *
   * @throws MissingValueException if it is none
   */
  public static URI of(String address, String written, URI base) {
    try {
      return required(base.resolve(address), written);
    } catch (IllegalArgumentException e) {
      throw none(written);
    }
  }

  private static URI required(URI uri, String written) {
    var named = inAscii(uri);
    if (!List.of("http", "https").contains(String.valueOf(named.getScheme()))
        || !Host.of(named).matches(HOST)) {
      throw none(written);
    }
    return named;
  }

  /**
   * With the name that a resolver knows: {@code bücher.example} is {@code xn--bcher-kva.example}.
   */
  private static URI inAscii(URI uri) {
    var host = Host.of(uri);
    return host.chars().allMatch(each -> each < 0x80)
        ? uri
        : URI.create(uri.toString().replaceFirst(Pattern.quote(host), IDN.toASCII(host)));
  }

  private static MissingValueException none(String written) {
    return new MissingValueException(
        "'" + Credentials.shown(written) + "' is no http or https address");
  }
}
