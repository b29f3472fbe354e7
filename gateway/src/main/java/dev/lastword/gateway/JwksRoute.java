package dev.lastword.gateway;

import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The public halves of the keys that receipts are signed with, as a JWK Set (RFC 7517), for
 * everybody.
 *
 * @param keys reads a file now and then
 */
record JwksRoute(Supplier<List<ReceiptKey>> keys, Executor io) implements Route {
  static final String PATH = "/.well-known/jwks.json";

  private static final int KEPT_SECONDS = 300;

  @Override
  public void handle(Exchange exchange) {
    io.execute(
        () -> {
          var json = json(keys.get());
          exchange.loop().run(() -> respond(exchange, json));
        });
  }

  private static void respond(Exchange exchange, byte[] json) {
    var headers = OwnHeaders.kept("application/jwk-set+json", KEPT_SECONDS);
    exchange.respond(200, headers, Unpooled.wrappedBuffer(json));
  }

  /** The newest first. */
  private static byte[] json(List<ReceiptKey> keys) {
    return Json.bytes(
        out -> {
          out.writeStartObject();
          out.writeArrayPropertyStart("keys");
          for (var key : keys.reversed()) {
            out.writeStartObject();
            out.writeStringProperty("kty", "OKP");
            out.writeStringProperty("crv", "Ed25519");
            out.writeStringProperty("x", key.x());
            out.writeStringProperty("kid", key.kid());
            out.writeStringProperty("use", "sig");
            out.writeStringProperty("alg", "EdDSA");
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeEndObject();
        });
  }
}
