package dev.lastword.rest;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.GatewayException;
import dev.lastword.library.Lastword;
import dev.lastword.library.LastwordClosedException;
import dev.lastword.library.NotOpenedException;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.UnknownEventException;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.ServiceUnavailableException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.glassfish.jersey.server.ContainerRequest;
import org.glassfish.jersey.server.ContainerResponse;
import org.glassfish.jersey.uri.PathPattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands on both sides of a resource. Before it: whoever comes back with the ID of an event is
 * given the rest of that answer, and the resource is not asked again; everybody else's response is
 * written to a {@link KeptResponse}. Behind it: an {@link SseAnswer} is opened.
 */
final class Keeping implements ContainerRequestFilter, ContainerResponseFilter {
  /** When those may ask again for whom there is nothing now. */
  static final Long RETRY_AFTER_SECONDS = 5L;

  private static final String RESPONSE = KeptResponse.class.getName();

  private final Supplier<Lastword> lastword;
  private final Function<ContainerRequestContext, Owner> owners;
  private final Dialect dialect;
  private final String path;
  private final List<PathPattern> exclude;

  Keeping(
      Supplier<Lastword> lastword,
      Function<ContainerRequestContext, Owner> owners,
      Dialect dialect,
      String path,
      List<PathPattern> exclude) {
    this.lastword = lastword;
    this.owners = owners;
    this.dialect = dialect;
    this.path = path;
    this.exclude = exclude;
  }

  /** An answer, and its first reader's view of it. */
  record Opened(Answer answer, KeptStream stream) {}

  @Override
  public void filter(ContainerRequestContext context) {
    if (!(context instanceof ContainerRequest request)
        || request.getMethod().equals(HttpMethod.HEAD)) {
      return;
    }
    boolean excluded = isExcluded(request.getUriInfo().getPath());
    var kept = new KeptResponse(request.getResponseWriter(), this, excluded);
    request.setProperty(RESPONSE, kept);
    request.setWriter(kept);
    request.setWorkers(Workers.telling(request.getWorkers(), kept::failed));
    if (!excluded && !request.getUriInfo().getPath().startsWith(path + "/")) {
      EventIds.at(request.getHeaderString(Endpoints.LAST_EVENT_ID))
          .ifPresent(at -> request.abortWith(asking(() -> goesOn(request, at))));
    }
  }

  private boolean isExcluded(String asked) {
    var rooted = asked.startsWith("/") ? asked : "/" + asked;
    return exclude.stream().anyMatch(pattern -> pattern.match(rooted) != null);
  }

  /**
   * Asks a Lastword, which may be closed, or its gateway away.
   *
   * @throws ServiceUnavailableException if it is
   */
  static <T> T asking(Supplier<T> question) {
    try {
      return question.get();
    } catch (LastwordClosedException | UndecidedException e) {
      throw unavailable(e);
    } catch (GatewayException e) {
      throw e.isPassing() ? unavailable(e) : e;
    }
  }

  private static ServiceUnavailableException unavailable(RuntimeException why) {
    return new ServiceUnavailableException(why.getMessage(), RETRY_AFTER_SECONDS, why);
  }

  /** The stream of another, or of another path, is not to be asked again as if it were new. */
  private Response goesOn(ContainerRequest request, EventIds.At at) {
    var owner = owners.apply(request);
    var asked = request.getRequestUri().getRawPath();
    return lastword
        .get()
        .find(at.stream(), owner)
        .filter(view -> asked.equals(view.attributes().get(Attributes.PATH)))
        .map(view -> read(at.stream(), owner, at.lastEventId()))
        .orElseGet(() -> Response.status(Response.Status.NOT_FOUND).build());
  }

  /** What a reader is answered who comes back. */
  Response read(StreamId id, Owner owner, String lastEventId) {
    try {
      var found = lastword.get().read(id, owner, lastEventId);
      if (found.isEmpty()) {
        return Response.status(Response.Status.NOT_FOUND).build();
      }
      var reading = found.get();
      if (reading.isAtEnd()) {
        var nothing = Response.noContent();
        reading.outcome().ifPresent(it -> nothing.header(Endpoints.OUTCOME_HEADER, it.word()));
        reading.close();
        return nothing.build();
      }
      return Response.ok(new KeptStream(id, reading), MediaType.SERVER_SENT_EVENTS_TYPE)
          .header(HttpHeaders.CACHE_CONTROL, "no-store")
          .header(Endpoints.STREAM_HEADER, id.value())
          .build();
    } catch (UnknownEventException e) {
      return Response.status(Response.Status.BAD_REQUEST)
          .entity("Last-Event-ID: none of this stream's")
          .type(MediaType.TEXT_PLAIN_TYPE)
          .build();
    }
  }

  @Override
  public void filter(ContainerRequestContext context, ContainerResponseContext response) {
    if (!(context.getProperty(RESPONSE) instanceof KeptResponse kept)
        || !(response instanceof ContainerResponse answered)) {
      return;
    }
    if (answered.getEntity() instanceof SseAnswer written) {
      var opened = open(answered, written.request(owners.apply(context), pathOf(answered)));
      written.write(opened.answer());
      answered.setEntity(
          opened.stream(), answered.getEntityAnnotations(), MediaType.SERVER_SENT_EVENTS_TYPE);
    } else if (!kept.isExcluded() && isToBeKept(answered)) {
      kept.expectEventStream();
      answered
          .getHeaders()
          .remove(HttpHeaders.CONTENT_ENCODING); // what is compressed has no events
    }
  }

  /** Whether it is an event stream, and none that is kept already. */
  static boolean isToBeKept(ContainerResponse response) {
    return response.getStatus() == Response.Status.OK.getStatusCode()
        && isEventStream(response.getMediaType())
        && !response.getHeaders().containsKey(Endpoints.STREAM_HEADER);
  }

  private static boolean isEventStream(@Nullable MediaType type) {
    return type != null
        && type.getType().equalsIgnoreCase("text")
        && type.getSubtype().equalsIgnoreCase("event-stream");
  }

  /** Opens an answer for what a resource has begun to say. */
  Opened open(ContainerResponse response) {
    var owner = owners.apply(response.getRequestContext());
    return open(
        response, AnswerRequest.of(owner).dialect(dialect).with(Attributes.PATH, pathOf(response)));
  }

  private static String pathOf(ContainerResponse response) {
    return response.getRequestContext().getRequestUri().getRawPath();
  }

  /** On the resource's thread, whose interrupt is the resource's and not this wait's. */
  private Opened open(ContainerResponse response, AnswerRequest request) {
    boolean interrupted = Thread.interrupted();
    try {
      var answer = lastword.get().open(request);
      var id = answer.id();
      var reading = lastword.get().read(id, request.owner(), "").orElseThrow();
      var base = response.getRequestContext().getBaseUri().getRawPath();
      response.getHeaders().putSingle(Endpoints.STREAM_HEADER, id.value());
      response
          .getHeaders()
          .add(HttpHeaders.LINK, "<%s%s/%s>; rel=\"alternate\"".formatted(base, path, id.value()));
      return new Opened(answer, new KeptStream(id, reading));
    } catch (NotOpenedException e) {
      throw e.why() instanceof OpenRefusal.IdTaken
          ? new WebApplicationException(e.getMessage(), e, Response.Status.CONFLICT)
          : unavailable(e);
    } catch (LastwordClosedException | UndecidedException e) {
      throw unavailable(e);
    } catch (GatewayException e) {
      throw e.isPassing() ? unavailable(e) : e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  Dialect dialect() {
    return dialect;
  }

  Owner owner(ContainerRequestContext request) {
    return owners.apply(request);
  }
}
