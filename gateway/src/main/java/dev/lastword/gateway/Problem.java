package dev.lastword.gateway;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An error as RFC 9457 tells it: {@code application/problem+json} with a stable {@code code}, and
 * where a limit was passed the {@code field} and its {@code limit}. The {@code error} member
 * repeats code and message where the clients of vendor dialects look for them.
 */
final class Problem {
  private final int status;
  private final String code;
  private final String detail;
  private final Map<String, Object> members = new LinkedHashMap<>();
  private final HttpHeaders headers = new DefaultHttpHeaders();

  private Problem(int status, String code, String detail) {
    this.status = status;
    this.code = code;
    this.detail = detail;
  }

  static Problem of(int status, String code, String detail) {
    return new Problem(status, code, detail);
  }

  static Problem badField(String field, String detail) {
    return of(400, "malformed_field", detail).member("field", field);
  }

  static Problem tooMuch(int status, String code, String field, long limit) {
    return of(status, code, field + " is larger than " + limit)
        .member("field", field)
        .member("limit", limit);
  }

  static Problem notFound(String what) {
    return of(404, "not_found", "there is no " + what);
  }

  static Problem unavailable(String code, String detail) {
    return of(503, code, detail).header("retry-after", "5");
  }

  Problem member(String name, Object value) {
    members.put(name, value);
    return this;
  }

  Problem header(String name, String value) {
    headers.set(name, value);
    return this;
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }

  /** Answers with this problem. */
  void send(Exchange exchange) {
    headers.add(OwnHeaders.of("application/problem+json"));
    exchange.respond(status, headers, Unpooled.wrappedBuffer(json()));
  }

  byte[] json() {
    return Json.bytes(
        out -> {
          out.writeStartObject();
          out.writeStringProperty("type", "about:blank");
          out.writeStringProperty("title", HttpResponseStatus.valueOf(status).reasonPhrase());
          out.writeNumberProperty("status", status);
          out.writeStringProperty("code", code);
          out.writeStringProperty("detail", detail);
          members.forEach(
              (name, value) -> {
                switch (value) {
                  case Number number -> out.writeNumberProperty(name, number.longValue());
                  default -> out.writeStringProperty(name, value.toString());
                }
              });
          out.writeObjectPropertyStart("error");
          out.writeStringProperty("type", "lastword");
          out.writeStringProperty("code", code);
          out.writeStringProperty("message", detail);
          out.writeEndObject();
          out.writeEndObject();
        });
  }
}
