package dev.lastword.bench;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.ResponseAssembler;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.SseEvent;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one chunk of an OpenAI stream costs to watch and to assemble. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DialectBenchmark {
  private static final String CHUNK =
      """
      {"id":"chatcmpl-C1x7QeUz2vK0nDgYb9bWq4mTfXo3R","object":"chat.completion.chunk",\
      "created":1763800001,"model":"gpt-5-mini-2025-08-07","system_fingerprint":"fp_560af6e559",\
      "choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":%s}]}""";

  private static final String TOOL_CHUNK =
      """
      {"id":"chatcmpl-C1x7QeUz2vK0nDgYb9bWq4mTfXo3R","object":"chat.completion.chunk",\
      "created":1763800001,"model":"gpt-5-mini-2025-08-07","choices":[{"index":0,\
      "delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\\"city\\":"}}]},\
      "logprobs":null,"finish_reason":null}]}""";

  private final Dialect dialect = Dialects.ofPath("/v1/chat/completions");
  private final SseEvent content = SseEvent.of(CHUNK.formatted("null"));
  private final SseEvent other = SseEvent.of(CHUNK.formatted("null").replace("created", "updated"));
  private final SseEvent tool = SseEvent.of(TOOL_CHUNK);
  private final SseEvent finish = SseEvent.of(CHUNK.formatted("\"stop\""));
  private final EndingDetector detector = dialect.detector(RequestFacts.NONE);
  private ResponseAssembler assembler = dialect.assembler();

  /** Starts another response, so that the text joined stays of a usual length. */
  @Setup(Level.Iteration)
  public void startResponse() {
    assembler = dialect.assembler();
  }

  /** A chunk with a piece of text that has the shape of the one before: almost all there are. */
  @Benchmark
  public Sign observeContent() {
    return detector.observe(content);
  }

  /** Two chunks of different shapes: their bytes are looked over. */
  @Benchmark
  @OperationsPerInvocation(2)
  public Sign observeContentOfAnyShape() {
    var first = detector.observe(content);
    return detector.observe(other) == first ? first : Sign.ERROR;
  }

  /** A chunk of the second tool call: its index could be a choice's, so it is parsed. */
  @Benchmark
  public Sign observeSecondToolCall() {
    return detector.observe(tool);
  }

  /** A chunk that finishes, parsed exactly. */
  @Benchmark
  public Sign observeFinish() {
    return detector.observe(finish);
  }

  /** A piece of text joined to the message, its chunk parsed. */
  @Benchmark
  @OperationsPerInvocation(2)
  public ResponseAssembler assembleContentOfAnyShape() {
    assembler.accept(content);
    assembler.accept(other);
    return assembler;
  }

  /** A piece of text joined to the message. */
  @Benchmark
  public ResponseAssembler assembleContent() {
    assembler.accept(content);
    return assembler;
  }
}
