package dev.lastword.bench;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time for one event, of a run of 256, from event to bytes and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class EncoderBenchmark {
  private static final int EVENTS = 256;
  private static final long EPOCH = 3;
  private static final long FIRST_SEQ = 1_234_567;

  /** The events of the run. */
  @Param public SampleEvents events = SampleEvents.OPENAI_230;

  private List<SseEvent> parsed = List.of();
  private EncodedEvents encoded = EncodedEvents.NONE;
  private ByteBuffer stored = ByteBuffer.allocate(0);
  private byte[] out = {};

  /** Makes the run in each of its forms. */
  @Setup
  public void makeRun() {
    byte[] body = events.body(EVENTS);
    var all = new ArrayList<SseEvent>();
    new SseParser(1 << 20, all::add).feed(body, 0, body.length);
    parsed = List.copyOf(all);
    encoded = EncodedEvents.of(parsed);
    stored = ByteBuffer.allocate(encoded.storedLength());
    encoded.writeTo(stored);
    out = new byte[encoded.lengthWithIds(EPOCH, FIRST_SEQ)];
  }

  /** Events to the wire form. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public EncodedEvents encode() {
    return EncodedEvents.of(parsed);
  }

  /** The wire form to bytes for a reader, with an id line before each event. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public int writeWithIds() {
    return encoded.writeWithIds(out, 0, EPOCH, FIRST_SEQ);
  }

  /** The wire form to the journal's stored form. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public ByteBuffer store() {
    encoded.writeTo(stored.clear());
    return stored;
  }

  /** The stored form back to the wire form, checked. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public EncodedEvents readStored() {
    return EncodedEvents.readFrom(stored.duplicate().rewind());
  }

  /** The wire form back to events. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public List<SseEvent> decode() {
    return encoded.decode();
  }
}
