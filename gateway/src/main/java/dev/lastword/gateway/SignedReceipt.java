package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lastword.journal.Durability;
import dev.lastword.stream.Receipt;
import dev.lastword.stream.SavedResponse;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A receipt as it is handed out: a JWS in its compact form (RFC 7515), signed with Ed25519 (RFC
 * 8037).
 *
 * @param kid which key has signed it
 * @param isOfAnswer it is what a hook was told with, before anybody had acknowledged
 * @param claims what it says
 * @see "docs/formats/receipt.md"
 */
record SignedReceipt(String text, String kid, boolean isOfAnswer, Claims claims) {
  /** What stands before one on a comment's line. */
  static final String COMMENT = "lastword-receipt ";

  private static final String TYPE = "lastword-receipt+jwt";
  private static final String ANSWER_TYPE = "lastword-answer+jwt";
  private static final Pattern COMPACT = Pattern.compile("([\\w-]+)\\.([\\w-]+)\\.([\\w-]+)");

  /** A thumbprint (RFC 7638): what is not checked yet is not shown either. */
  private static final Pattern KID = Pattern.compile("[\\w-]{43}");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a receipt says; {@code docs/formats/receipt.md} has the claims. */
  record Claims(
      String stream,
      long epoch,
      String last,
      long events,
      String sha256,
      String outcome,
      String durability,
      List<String> hooks,
      Instant at) {}

  /** Signs a receipt of events that a journal has acknowledged. */
  static String sign(Receipt receipt, Durability durability, ReceiptKey key) {
    return signed(
        TYPE,
        key,
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("stream", receipt.stream().value());
              out.writeNumberProperty("epoch", receipt.epoch());
              out.writeStringProperty("last", receipt.last());
              out.writeNumberProperty("events", receipt.events());
              out.writeStringProperty("sha256", receipt.sha256());
              out.writeStringProperty("outcome", receipt.outcome().word());
              out.writeStringProperty("durability", durability.word());
              out.writeArrayPropertyStart("hooks");
              receipt.hooks().forEach(out::writeString);
              out.writeEndArray();
              out.writeNumberProperty("iat", receipt.atMs() / 1_000);
              out.writeEndObject();
            }));
  }

  /** Signs what a hook is told of a response, before anybody has acknowledged it. */
  static String signAnswer(SavedResponse response, Durability durability, ReceiptKey key) {
    return signed(
        ANSWER_TYPE,
        key,
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("stream", response.stream().value());
              out.writeNumberProperty("events", response.events());
              out.writeStringProperty("sha256", response.sha256());
              out.writeStringProperty("outcome", response.outcome().word());
              out.writeStringProperty("durability", durability.word());
              out.writeNumberProperty("iat", response.endedMs() / 1_000);
              out.writeEndObject();
            }));
  }

  private static String signed(String type, ReceiptKey key, byte[] claims) {
    var header =
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("alg", "EdDSA");
              out.writeStringProperty("typ", type);
              out.writeStringProperty("kid", key.kid());
              out.writeEndObject();
            });
    var signed = encoded(header) + "." + encoded(claims);
    return signed + "." + encoded(key.sign(signed.getBytes(US_ASCII)));
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Reads one, unchecked; empty for any other text. */
  static Optional<SignedReceipt> read(String text) {
    var parts = COMPACT.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      var header = json(parts.group(1));
      var type = header.path("typ").asString("");
      if (!header.path("alg").asString("").equals("EdDSA")
          || !(type.equals(TYPE) || type.equals(ANSWER_TYPE))) {
        return Optional.empty();
      }
      var kid = header.path("kid").asString("");
      if (!KID.matcher(kid).matches()) {
        return Optional.empty();
      }
      return Optional.of(
          new SignedReceipt(text, kid, type.equals(ANSWER_TYPE), claims(json(parts.group(2)))));
    } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static JsonNode json(String part) {
    return JSON.readTree(Base64.getUrlDecoder().decode(part));
  }

  private static Claims claims(JsonNode json) {
    var hooks = new ArrayList<String>();
    json.path("hooks").forEach(name -> hooks.add(name.asString("")));
    return new Claims(
        json.path("stream").asString(""),
        json.path("epoch").asLong(0),
        json.path("last").asString(""),
        json.path("events").asLong(-1),
        json.path("sha256").asString(""),
        json.path("outcome").asString(""),
        json.path("durability").asString(""),
        List.copyOf(hooks),
        Instant.ofEpochSecond(json.path("iat").asLong(0)));
  }

  /** Whether a key has signed exactly this. */
  boolean isSignedBy(ReceiptKey key) {
    int end = text.lastIndexOf('.');
    try {
      return key.hasSigned(
          text.substring(0, end).getBytes(US_ASCII),
          Base64.getUrlDecoder().decode(text.substring(end + 1)));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
