package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way to the upstream, as fast as that takes it. Its first part is kept
 * until the upstream has answered: to be looked at, and where there is another upstream, to be sent
 * again.
 */
final class RequestUpload implements BodyReceiver {
  private static final byte[] NONE = {};

  private final Exchange exchange;
  private final Runnable noMemory;
  private final boolean hasBody;
  private final boolean readable;
  private @Nullable BodyStart start;
  private @Nullable UpstreamCall to;
  private boolean begun;
  private boolean sent;
  private @Nullable Runnable collected;

  /** What is sent in place of a body that has been collected. */
  private byte @Nullable [] instead;

  /**
   * @param repeatedMax bytes that may have to be sent again; 0 if nothing will be
   * @param noMemory told where what has to be kept cannot be; nothing is sent any more
   */
  RequestUpload(Exchange exchange, int repeatedMax, ResponseBudget budget, Runnable noMemory) {
    this.exchange = exchange;
    this.noMemory = noMemory;
    var request = exchange.request();
    var coding = codingOfJson(request);
    this.hasBody = request.hasBody();
    this.readable = coding.isPresent();
    if (readable || (hasBody && repeatedMax > 0)) {
      start =
          new BodyStart(
              request.contentLength(), coding.orElse(ContentCoding.NONE), repeatedMax, budget);
    }
  }

  /** How a body is coded that can be looked at; empty for any other. */
  static Optional<ContentCoding> codingOfJson(RequestHead request) {
    return request.is(HttpMethod.POST) && isJson(request.headers())
        ? ContentCoding.of(request.headers().get(HttpHeaderNames.CONTENT_ENCODING))
        : Optional.empty();
  }

  private static boolean isJson(HttpHeaders headers) {
    var type = headers.get(HttpHeaderNames.CONTENT_TYPE, "").toLowerCase(Locale.ROOT);
    return type.startsWith("application/json") || type.contains("+json");
  }

  /**
   * Takes the whole body, as far as it may be kept, before there is a call.
   *
   * @param then once it has come
   */
  void collect(Runnable then) {
    if (!hasBody) {
      then.run();
      return;
    }
    collected = then;
    begun = true;
    exchange.receive(this);
  }

  /** Upstreams are sent another body than the one that has been collected whole. */
  void sendInstead(byte[] body) {
    instead = body;
  }

  /** Length of the body that upstreams are sent in its place; empty if it is sent as it came. */
  OptionalInt lengthInstead() {
    return instead == null ? OptionalInt.empty() : OptionalInt.of(instead.length);
  }

  /** A call is connected: it is sent what there is, and what comes. */
  void connected(UpstreamCall call) {
    to = call;
    if (!hasBody) {
      sent = true;
      return;
    }
    if (!begun) {
      begun = true;
      exchange.receive(this);
      return;
    }
    if (instead != null) {
      call.write(Unpooled.wrappedBuffer(instead));
    } else if (start != null) {
      start.writeTo(call);
    }
    if (sent) {
      call.finish();
    } else {
      call.flush();
      exchange.bodyWanted(true);
    }
  }

  /** Whether all that has come can be sent to another upstream. */
  boolean isRepeatable() {
    return !begun || (start != null && start.isWhole());
  }

  /** Whether some of it was not kept only because there was no memory left for that. */
  boolean lackedMemory() {
    return start != null && start.lackedMemory();
  }

  /** Nobody takes anything until another call is connected. */
  void interrupted() {
    to = null;
    if (begun && !sent) {
      exchange.bodyWanted(false);
    }
  }

  /** Whether the client has sent all of it. */
  boolean isSent() {
    return sent;
  }

  /** What was kept of the body, as it was sent. */
  byte[] kept() {
    return start == null ? NONE : start.sent();
  }

  /** What was kept of a body that can be looked at; nothing of any other. */
  byte[] looked() {
    return start == null || !readable ? NONE : start.bytes();
  }

  /** The upstream takes more. */
  void writable() {
    exchange.bodyWanted(true);
  }

  @Override
  public void part(ByteBuf part) {
    if (start != null && !start.add(part)) {
      collected = null;
      noMemory.run();
      return;
    }
    var call = to;
    if (call != null) {
      call.write(part);
      if (!call.writable()) {
        call.flush();
        if (to == call) { // else it has failed meanwhile, and the next one is not there yet
          exchange.bodyWanted(call.writable() || call.isOver());
        }
      }
    }
  }

  @Override
  public void pause() {
    if (to != null) {
      to.flush();
    }
  }

  @Override
  public void complete() {
    sent = true;
    if (collected != null) {
      var then = collected;
      collected = null;
      then.run();
    } else if (to != null) {
      to.finish();
    }
  }

  /** The upstream has answered: nothing has to be kept any more. */
  void forget() {
    if (start != null) {
      start.close();
      start = null;
    }
    instead = null;
  }
}
