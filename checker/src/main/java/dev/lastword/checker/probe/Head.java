package dev.lastword.checker.probe;

import java.util.List;
import java.util.Optional;

/** Status line and header fields of a response. */
public record Head(int status, List<Header> headers) {
  /** The value of the first field of this name. */
  public Optional<String> first(String name) {
    return all(name).stream().findFirst();
  }

  /** The values of all fields of this name, in order. */
  public List<String> all(String name) {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase(name))
        .map(Header::value)
        .toList();
  }

  /** The value of a cookie that this response sets. */
  public Optional<String> cookie(String name) {
    return all("set-cookie").stream()
        .map(line -> line.split(";", 2)[0].strip())
        .filter(pair -> pair.startsWith(name + "="))
        .map(pair -> pair.substring(name.length() + 1))
        .findFirst();
  }

  /** Whether the body is an event stream. */
  public boolean isEventStream() {
    return first("content-type")
        .map(type -> type.split(";", 2)[0].strip().equalsIgnoreCase("text/event-stream"))
        .orElse(false);
  }

  /** Whether the status is one of success. */
  public boolean isSuccess() {
    return status >= 200 && status < 300;
  }
}
