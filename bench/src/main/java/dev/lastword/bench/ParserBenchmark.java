package dev.lastword.bench;

import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.LaunchDarklyParser;
import com.launchdarkly.eventsource.StreamException;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import okhttp3.sse.internal.ServerSentEventReader;
import okio.Okio;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * Time for one event, from bytes in a read buffer to an event in the receiver's hands. Sampled: an
 * invocation takes less than a time slice, so that the median stands on a busy machine.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ParserBenchmark {
  private static final int EVENTS = 1000;
  private static final int BLOCK_BYTES = 64 * 1024;

  /** How much one read of the body gives. */
  public enum Reads {
    /** One event at a time, as a model generates them. */
    ONE_EVENT,
    /** 64 KiB at a time, as a replay arrives. */
    BLOCK
  }

  /** The events of the body. */
  @Param public SampleEvents events = SampleEvents.OPENAI_230;

  /** How the body is read. */
  @Param public Reads reads = Reads.ONE_EVENT;

  private final byte[] buffer = new byte[BLOCK_BYTES];
  private final ByteBuffer direct = ByteBuffer.allocateDirect(BLOCK_BYTES);
  private byte[] body = {};
  private int readBytes;

  /** Makes the body. */
  @Setup
  public void makeBody() {
    body = events.body(EVENTS);
    readBytes = reads == Reads.ONE_EVENT ? events.bytesEach() : BLOCK_BYTES;
  }

  /** Lastword for a relay: the bytes of each event, not decoded. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void lastwordBytes(Blackhole hole) {
    parseArrays(hole::consume);
  }

  /** Lastword with type and data as strings, which is what the others give. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void lastwordStrings(Blackhole hole) {
    parseArrays(
        event -> {
          hole.consume(event.type());
          hole.consume(event.data());
        });
  }

  private void parseArrays(Consumer<SseEvent> receiver) {
    var in = new SampleBody(body, readBytes);
    var parser = new SseParser(1 << 20, receiver);
    int count = in.read(buffer, 0, buffer.length);
    while (count > 0) {
      parser.feed(buffer, 0, count);
      count = in.read(buffer, 0, buffer.length);
    }
  }

  /** Lastword for a relay, reading from direct memory as a network library has it. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void lastwordBytesFromDirect(Blackhole hole) {
    var parser = new SseParser(1 << 20, hole::consume);
    int at = 0;
    while (at < body.length) {
      int count = Math.min(readBytes, body.length - at);
      parser.feed(direct.clear().put(body, at, count).flip());
      at += count;
    }
  }

  /** The reader of okhttp-sse. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void okhttpSse(Blackhole hole) throws IOException {
    var in = new SampleBody(body, readBytes);
    try (var source = Okio.buffer(Okio.source(in))) {
      var reader = new ServerSentEventReader(source, new Consuming(hole));
      while (reader.processNextEvent()) {
        // Each call hands over one event.
      }
    }
  }

  /** The parser of LaunchDarkly's okhttp-eventsource with its usual read buffer of 1,000 bytes. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void launchDarkly(Blackhole hole) throws StreamException {
    new LaunchDarklyParser(new SampleBody(body, readBytes), EventSource.DEFAULT_READ_BUFFER_SIZE)
        .forEach(
            event -> {
              hole.consume(event.getEventName());
              hole.consume(event.getData());
            });
  }

  private record Consuming(Blackhole hole) implements ServerSentEventReader.Callback {
    @Override
    public void onEvent(@Nullable String id, @Nullable String type, String data) {
      hole.consume(type);
      hole.consume(data);
    }

    @Override
    public void onRetryChange(long timeMs) {
      hole.consume(timeMs);
    }
  }
}
