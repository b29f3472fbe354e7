package dev.lastword.rest;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.library.Lastword;
import dev.lastword.stream.Owner;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.Feature;
import jakarta.ws.rs.core.FeatureContext;
import jakarta.ws.rs.ext.ContextResolver;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.glassfish.jersey.uri.PathPattern;

/**
 * Writes what Jersey's resources say as {@code text/event-stream} into the journal, apart from
 * their connections, and serves it from there, in whichever container: a reader that leaves, or is
 * slow, is nothing to the resource, and an ending is said once the resource has completed, which is
 * the close of its {@code SseEventSink} or {@code EventOutput}, or the return of its {@code
 * StreamingOutput}.
 *
 * <p>A stream's id is the response header {@code Lastword-Stream}. {@code GET lastword/streams/ID},
 * below the application's own path, reads it again, after the event that {@code Last-Event-ID}
 * names; {@code POST lastword/streams/ID/cancel} stops it. Whoever asks the resource's own address
 * again with a {@code Last-Event-ID}, as an {@code EventSource} does, is given the rest, and the
 * resource is not called.
 *
 * <p>Registered by itself where none is, with a {@link Lastword} of its own: see {@link
 * LastwordDiscovery}.
 */
public final class LastwordFeature implements Feature {
  private static final String ENDINGS =
      "data=[DONE]; event=close; event=done; event=end; event=complete; event=completed;"
          + " event=finish; event=finished";

  /** Behind whatever lets a request pass, and before whatever still changes a response. */
  private static final int INNERMOST = Priorities.USER + 100_000;

  private static final int LAST = 0;

  private final Supplier<Lastword> lastword;
  private final Function<ContainerRequestContext, Owner> owners;
  private final Dialect dialect;
  private final String path;
  private final List<PathPattern> exclude;

  private LastwordFeature(
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

  /**
   * A feature with the defaults: a stream belongs to the request's user principal, or else to
   * {@link Owner#ANONYMOUS}; its events tell how they speak, and where they are plain, {@code
   * [DONE]}, a type such as {@code close}, {@code done} or {@code end}, or the resource's
   * completion ends it.
   *
   * @param lastword stays the application's, which closes it
   */
  public static LastwordFeature of(Lastword lastword) {
    return of(() -> lastword);
  }

  static LastwordFeature of(Supplier<Lastword> lastword) {
    return new LastwordFeature(
        lastword,
        LastwordFeature::principal,
        Dialects.named("auto(plain(" + ENDINGS + "))").orElseThrow(),
        "lastword/streams",
        List.of());
  }

  private static Owner principal(ContainerRequestContext request) {
    var security = request.getSecurityContext();
    var user = security == null ? null : security.getUserPrincipal();
    return user == null || user.getName().isEmpty() ? Owner.ANONYMOUS : Owner.of(user.getName());
  }

  /** The same with a rule of its own for whom a request comes from. */
  public LastwordFeature owners(Function<ContainerRequestContext, Owner> rule) {
    return new LastwordFeature(lastword, rule, dialect, path, exclude);
  }

  /**
   * The same for resources that speak a dialect, such as {@code Dialects.named("openai-chat")}, or
   * {@code new PlainDialect(markers, true)}: a resource that completes without the terminal event
   * that its dialect requires has failed, {@code truncated}.
   */
  public LastwordFeature dialect(Dialect spoken) {
    return new LastwordFeature(lastword, owners, spoken, path, exclude);
  }

  /**
   * The same with another path, below the application's, under which streams are read again.
   *
   * @throws IllegalArgumentException if it is empty, or begins or ends with a slash
   */
  public LastwordFeature path(String below) {
    if (below.isEmpty() || below.startsWith("/") || below.endsWith("/")) {
      throw new IllegalArgumentException(
          "path is '" + below + "': neither empty, nor does it begin or end with a slash");
    }
    return new LastwordFeature(lastword, owners, dialect, below, exclude);
  }

  /**
   * The same without what resources say at these paths, and below them: event streams that are no
   * answers, such as notifications that go on for hours, and whatever an {@code SseBroadcaster}
   * says. They are the connection's, as without this feature.
   *
   * @param paths as in {@code @Path}, below the application's
   * @throws IllegalArgumentException if one is empty, or not what {@code @Path} takes
   */
  public LastwordFeature exclude(String... paths) {
    return new LastwordFeature(
        lastword,
        owners,
        dialect,
        path,
        Stream.concat(exclude.stream(), Stream.of(paths).map(LastwordFeature::pattern)).toList());
  }

  private static PathPattern pattern(String path) {
    if (path.isBlank() || path.equals("/")) {
      throw new IllegalArgumentException("exclude has an empty path, which is every path");
    }
    return new PathPattern(path.startsWith("/") ? path : "/" + path);
  }

  @Override
  public boolean configure(FeatureContext context) {
    var keeping = new Keeping(lastword, owners, dialect, path, exclude);
    context.register(
        keeping,
        Map.of(ContainerRequestFilter.class, INNERMOST, ContainerResponseFilter.class, LAST));
    context.register(new KeptStreamWriter());
    context.register(new Endpoints(lastword, keeping, path));
    context.register(new Resolver(lastword));
    return true;
  }

  /** Gives resources the application's own, for questions to it. */
  private record Resolver(Supplier<Lastword> lastword) implements ContextResolver<Lastword> {
    @Override
    public Lastword getContext(Class<?> asking) {
      return lastword.get();
    }
  }
}
