package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Server-Sent Events of no known family: a marker ends the response, or the end of the body does.
 *
 * <p>An event of type {@code error} is the upstream's failure. What follows a marker until the body
 * ends still belongs to the response.
 */
public final class PlainDialect implements Dialect {
  /** Markers that pages commonly close on: the data {@code [DONE]} and the type {@code close}. */
  public static final List<Marker> COMMON_MARKERS =
      List.of(new Marker.Data("[DONE]"), new Marker.Type("close"));

  /** Its name where its markers are the common ones. */
  public static final String NAME = "plain";

  private static final String REQUIRED = "required";

  /** Event types that are content of no endpoint. */
  private static final Set<String> KEEP_ALIVE_TYPES =
      Set.of("ping", "heartbeat", "keepalive", "keep-alive");

  /** Event types of one response that are told apart. */
  private static final int TYPES_MAX = 16;

  private static final byte[] ERROR_TYPE = ChunkScan.ascii("error");

  private final String name;
  private final MarkerRules markers;
  private final boolean markerRequired;

  /** The common markers, none of which is required. */
  public PlainDialect() {
    this(COMMON_MARKERS, false);
  }

  /**
   * An endpoint whose markers are known.
   *
   * @param markers any of them ends a response
   * @param markerRequired a body that ends without a marker was cut off; otherwise its clean end is
   *     an ending too
   * @throws IllegalArgumentException if a marker is required and there is none
   */
  public PlainDialect(List<Marker> markers, boolean markerRequired) {
    if (markerRequired && markers.isEmpty()) {
      throw new IllegalArgumentException("a marker is required, but none is given");
    }
    this.name = name(markers, markerRequired);
    this.markers = new MarkerRules(markers);
    this.markerRequired = markerRequired;
  }

  private static String name(List<Marker> markers, boolean markerRequired) {
    if (markers.equals(COMMON_MARKERS) && !markerRequired) {
      return NAME;
    }
    var parameters = Marker.format(markers);
    return NAME + "(" + parameters + (markerRequired ? "; " + REQUIRED : "") + ")";
  }

  /** The dialect of what stands in parentheses in its name. */
  static Optional<Dialect> ofParameters(String parameters) {
    boolean required = parameters.endsWith("; " + REQUIRED);
    int end = parameters.length() - (required ? REQUIRED.length() + 2 : 0);
    try {
      return Optional.of(new PlainDialect(Marker.parse(parameters.substring(0, end)), required));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // written by a version that knows more markers
    }
  }

  /** {@code plain}, with the markers in parentheses if they are not the common ones. */
  @Override
  public String name() {
    return name;
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return new Detector();
  }

  @Override
  public ResponseAssembler assembler() {
    return new PlainAssembler(event -> markers.match(event) || isError(event));
  }

  /** Nothing: a plain endpoint's request may be anything. */
  @Override
  public RequestFacts facts(byte[] body) {
    return RequestFacts.NONE;
  }

  @Override
  public SseEvent error(String code, String message) {
    return SseEvent.of(
        "error",
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeName("error");
              out.writeStartObject();
              out.writeStringProperty("code", code);
              out.writeStringProperty("message", message);
              out.writeEndObject();
              out.writeEndObject();
            }));
  }

  /** What is content of no endpoint: a ping, or nothing at all. */
  @Override
  public boolean isPreamble(SseEvent event) {
    return event.dataBytes().length == 0 || KEEP_ALIVE_TYPES.contains(event.type());
  }

  /** Empty: the end of the body says it. */
  @Override
  public Optional<SseEvent> missingTerminal() {
    return Optional.empty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PlainDialect same && same.name.equals(name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name();
  }

  private static boolean isError(SseEvent event) {
    return Arrays.equals(event.typeBytes(), ERROR_TYPE);
  }

  /**
   * After a marker, what has the type of an event before it goes on with the answer; nothing else
   * is known of an endpoint of no known family. An event of another type, such as the title that an
   * application has made of the answer, belongs to the end.
   */
  private final class Detector implements EndingDetector {
    private final List<byte[]> types = new ArrayList<>();
    private boolean marked;
    private boolean ended;

    @Override
    public Sign observe(SseEvent event) {
      if (isError(event)) {
        return Sign.ERROR;
      }
      if (markers.match(event)) {
        boolean again = ended;
        marked = true;
        ended = true;
        return again ? Sign.TAIL : Sign.ENDING;
      }
      if (ended && !goesOn(event)) {
        return Sign.TAIL;
      }
      ended = false;
      learn(event.typeBytes());
      return Sign.CONTENT;
    }

    private boolean goesOn(SseEvent event) {
      return event.dataBytes().length > 0
          && !KEEP_ALIVE_TYPES.contains(event.type())
          && (types.isEmpty() || knows(event.typeBytes()));
    }

    private void learn(byte[] type) {
      if (types.size() < TYPES_MAX && !knows(type)) {
        types.add(type);
      }
    }

    private boolean knows(byte[] type) {
      for (var known : types) {
        if (Arrays.equals(known, type)) {
          return true;
        }
      }
      return false;
    }

    @Override
    public boolean endOfBodyCompletes() {
      return marked || !markerRequired;
    }
  }
}
