package dev.lastword.spring;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.GatewayException;
import dev.lastword.library.Lastword;
import dev.lastword.library.LastwordClosedException;
import dev.lastword.library.NotOpenedException;
import dev.lastword.library.Reading;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.UnknownEventException;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import java.security.Principal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.PathContainer;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/** What is the same for Spring MVC and for WebFlux. Waits for the disk. */
final class Answers {
  /** Says the stream's id to whoever has asked. */
  static final String STREAM_HEADER = "Lastword-Stream";

  /** Says how a stream has ended, of which a reader has everything. */
  static final String OUTCOME_HEADER = "Lastword-Outcome";

  static final String LAST_EVENT_ID = "Last-Event-ID";

  private final Lastword lastword;
  private final AnswerOwner owners;
  private final LastwordProperties properties;
  private final Metrics metrics;
  private final Dialect dialect;
  private final List<PathPattern> paths;
  private final List<PathPattern> exclude;

  Answers(Lastword lastword, AnswerOwner owners, LastwordProperties properties, Metrics metrics) {
    this.lastword = lastword;
    this.owners = owners;
    this.properties = properties;
    this.metrics = metrics;
    this.dialect = properties.edge().dialect();
    this.paths = patterns(properties.edge().paths());
    this.exclude = patterns(properties.edge().exclude());
  }

  private static List<PathPattern> patterns(List<String> texts) {
    return texts.stream().map(PathPatternParser.defaultInstance::parse).toList();
  }

  Lastword lastword() {
    return lastword;
  }

  LastwordProperties properties() {
    return properties;
  }

  Metrics metrics() {
    return metrics;
  }

  Owner owner(@Nullable Principal principal) {
    return owners.of(principal);
  }

  /** A {@code Link} to where a stream is read again; empty where there are no endpoints. */
  Optional<String> link(String base, StreamId id) {
    return properties.endpoints().enabled()
        ? Optional.of(
            "<%s%s/streams/%s>; rel=\"alternate\""
                .formatted(base, properties.endpoints().path(), id.value()))
        : Optional.empty();
  }

  /** Whether event streams of this path are kept. */
  boolean isEdge(PathContainer path) {
    return properties.edge().enabled()
        && paths.stream().anyMatch(pattern -> pattern.matches(path))
        && exclude.stream().noneMatch(pattern -> pattern.matches(path));
  }

  /** An intake for an event stream of the application. */
  Intake intake(Owner owner, String path) {
    var request = AnswerRequest.of(owner).dialect(dialect).with(Attributes.PATH, path);
    return new Intake(open(request), dialect, metrics);
  }

  /** Opens what a controller has returned, and begins to write it. */
  StreamId begin(SseAnswer answer, Owner owner, String path, SourceContext context) {
    var opened = open(answer.request(owner, path));
    metrics.opened(opened, Metrics.SSE);
    answer.write(opened, context);
    return opened.id();
  }

  private Answer open(AnswerRequest request) {
    try {
      return lastword.open(request);
    } catch (NotOpenedException e) {
      throw e.why() instanceof OpenRefusal.IdTaken
          ? new ResponseStatusException(HttpStatus.CONFLICT, e.getMessage(), e)
          : new Unavailable(e);
    } catch (LastwordClosedException | UndecidedException e) {
      throw new Unavailable(e);
    } catch (GatewayException e) {
      throw e.isPassing() ? new Unavailable(e) : e;
    }
  }

  /** Nothing can be opened now; whoever asks may ask again, as the gateway says. */
  private static final class Unavailable extends ResponseStatusException {
    private static final long serialVersionUID = 1;

    Unavailable(RuntimeException cause) {
      super(HttpStatus.SERVICE_UNAVAILABLE, cause.getMessage(), cause);
    }

    @Override
    public HttpHeaders getHeaders() {
      var headers = new HttpHeaders();
      headers.set(HttpHeaders.RETRY_AFTER, "5");
      return headers;
    }
  }

  /**
   * What a reader is given.
   *
   * @throws ResponseStatusException 404 if there is none that is the owner's, 400 if the last event
   *     ID is none of its
   */
  Reading read(StreamId id, Owner owner, String lastEventId) {
    try {
      return lastword.read(id, owner, lastEventId).orElseThrow(() -> unknown(id));
    } catch (UnknownEventException e) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "Last-Event-ID: " + e.getMessage());
    }
  }

  /**
   * Where a request goes on that an {@code EventSource} has made again; empty if it is a new one.
   *
   * @throws ResponseStatusException 404 for the stream of another, or of another path: it is not to
   *     be asked again as if it were new
   */
  Optional<EventIds.At> resumed(@Nullable String lastEventId, Owner owner, String path) {
    var at = EventIds.at(lastEventId);
    if (at.isPresent()) {
      var view =
          lastword
              .find(at.get().stream(), owner)
              .filter(found -> path.equals(found.attributes().get(Attributes.PATH)));
      if (view.isEmpty()) {
        throw unknown(at.get().stream());
      }
    }
    return at;
  }

  static ResponseStatusException unknown(Object id) {
    return new ResponseStatusException(HttpStatus.NOT_FOUND, "there is no stream " + id);
  }

  /** The id in a path; what is none is that of no stream. */
  static StreamId id(String text) {
    return StreamId.parse(text).orElseThrow(() -> unknown("of this id"));
  }

  static final MediaType EVENT_STREAM = MediaType.TEXT_EVENT_STREAM;
}
