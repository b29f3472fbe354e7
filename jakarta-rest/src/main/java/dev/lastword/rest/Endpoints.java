package dev.lastword.rest;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Lastword;
import dev.lastword.stream.CancelResult;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Configuration;
import jakarta.ws.rs.core.Response;
import java.util.function.Function;
import java.util.function.Supplier;
import org.glassfish.jersey.process.Inflector;
import org.glassfish.jersey.server.model.ModelProcessor;
import org.glassfish.jersey.server.model.Resource;
import org.glassfish.jersey.server.model.ResourceModel;

/** Where readers come back, and where owners stop an answer. Another's stream is like none. */
final class Endpoints implements ModelProcessor {
  /** Says the stream's id to whoever has asked. */
  static final String STREAM_HEADER = "Lastword-Stream";

  /** Says how a stream has ended, of which a reader has everything. */
  static final String OUTCOME_HEADER = "Lastword-Outcome";

  static final String LAST_EVENT_ID = "Last-Event-ID";

  private final Supplier<Lastword> lastword;
  private final Keeping keeping;
  private final String path;

  Endpoints(Supplier<Lastword> lastword, Keeping keeping, String path) {
    this.lastword = lastword;
    this.keeping = keeping;
    this.path = path;
  }

  @Override
  public ResourceModel processResourceModel(ResourceModel model, Configuration configuration) {
    var more = new ResourceModel.Builder(model, false);
    more.addResource(at("/{id}", "GET", this::stream));
    more.addResource(at("/{id}/cancel", "POST", this::cancel));
    return more.build();
  }

  @Override
  public ResourceModel processSubResource(ResourceModel model, Configuration configuration) {
    return model;
  }

  private Resource at(
      String below, String method, Function<ContainerRequestContext, Response> answering) {
    var resource = Resource.builder(path + below);
    resource.addMethod(method).handledBy(new Answering(answering));
    return resource.build();
  }

  /** A class, since Jersey looks at its type parameters. */
  private record Answering(Function<ContainerRequestContext, Response> function)
      implements Inflector<ContainerRequestContext, Response> {
    @Override
    public Response apply(ContainerRequestContext request) {
      return Keeping.asking(() -> function.apply(request));
    }
  }

  private static String idIn(ContainerRequestContext request) {
    return request.getUriInfo().getPathParameters().getFirst("id");
  }

  private Response stream(ContainerRequestContext request) {
    return StreamId.parse(idIn(request))
        .map(
            id ->
                keeping.read(
                    id,
                    keeping.owner(request),
                    EventIds.bare(id, request.getHeaderString(LAST_EVENT_ID))))
        .orElseGet(() -> Response.status(Response.Status.NOT_FOUND).build());
  }

  private Response cancel(ContainerRequestContext request) {
    var status =
        StreamId.parse(idIn(request))
            .map(
                id ->
                    switch (lastword.get().cancel(id, keeping.owner(request))) {
                      case CancelResult.Cancelled cancelled -> Response.Status.NO_CONTENT;
                      case CancelResult.Ended ended -> Response.Status.CONFLICT;
                      case CancelResult.Unknown unknown -> Response.Status.NOT_FOUND;
                    })
            .orElse(Response.Status.NOT_FOUND);
    return Response.status(status).build();
  }
}
