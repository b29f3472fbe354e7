package dev.lastword.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The first part of a request's body, kept while the whole of it goes on to the upstream and until
 * that answers: {@link #BYTES_MAX} to be looked at, and more where it may have to be sent again.
 * Beyond {@link #FREE_BYTES} it takes its memory from the budget.
 */
final class BodyStart implements AutoCloseable {
  static final int BYTES_MAX = 1 << 20;

  /** Most requests are smaller; what these take is bounded by how many calls may run. */
  static final int FREE_BYTES = 16 << 10;

  private final ContentCoding coding;
  private final ResponseBudget budget;
  private ResponseBudget.@Nullable Lease lease;
  private byte[] bytes;
  private int length;
  private int max;
  private boolean whole = true;
  private boolean lackedMemory;

  /**
   * @param repeatedMax bytes that may have to be sent again
   */
  BodyStart(long contentLength, ContentCoding coding, int repeatedMax, ResponseBudget budget) {
    this.coding = coding;
    this.budget = budget;
    this.max = Math.max(BYTES_MAX, repeatedMax);
    bytes = new byte[Math.clamp(contentLength, 512, 8 << 10)];
  }

  /** Keeps what it may of a part; false if there is no memory left for that. */
  boolean add(ByteBuf part) {
    int taken = Math.min(part.readableBytes(), max - length);
    if (taken > bytes.length - length && !growFor(length + taken)) {
      if (length < BYTES_MAX) {
        return false;
      }
      lackedMemory = true;
      max = length; // enough to be looked at; it cannot be sent again
      taken = 0;
    }
    whole &= taken == part.readableBytes();
    part.getBytes(part.readerIndex(), bytes, length, taken);
    length += taken;
    return true;
  }

  private boolean growFor(int needed) {
    int grown = Math.min(max, Math.max(bytes.length * 2, needed));
    if (grown > FREE_BYTES && !leased(grown)) {
      return false;
    }
    bytes = Arrays.copyOf(bytes, grown);
    return true;
  }

  private boolean leased(int needed) {
    var taken = lease;
    if (taken != null) {
      return taken.growTo(needed);
    }
    lease = budget.take(needed).orElse(null);
    return lease != null;
  }

  /** Whether it would be whole, or closer to that, if there had been memory for it. */
  boolean lackedMemory() {
    return lackedMemory;
  }

  /** Whether all that came is kept. */
  boolean isWhole() {
    return whole;
  }

  /** Sends what is kept. */
  void writeTo(UpstreamCall call) {
    call.write(Unpooled.wrappedBuffer(bytes, 0, length));
  }

  /** What is kept, as it came; of no use after {@link #close}. */
  byte[] sent() {
    return Arrays.copyOf(bytes, length);
  }

  /** What came, decoded, up to {@link #BYTES_MAX}; of no use after {@link #close}. */
  byte[] bytes() {
    var coded = Arrays.copyOf(bytes, Math.min(length, BYTES_MAX));
    return coding == ContentCoding.NONE ? coded : coding.beginning(coded, BYTES_MAX);
  }

  @Override
  public void close() {
    if (lease != null) {
      lease.close();
      lease = null;
    }
  }
}
