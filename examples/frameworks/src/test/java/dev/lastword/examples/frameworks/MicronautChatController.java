package dev.lastword.examples.frameworks;

import dev.lastword.library.Reading;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Header;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.adapter.JdkFlowAdapter;

/**
 * The whole application. What asks the disk may wait on the threads that Micronaut has for that.
 */
@Controller("/chat")
@ExecuteOn(TaskExecutors.BLOCKING)
public class MicronautChatController {
  private final Chat chat;

  public MicronautChatController(Chat chat) {
    this.chat = chat;
  }

  @Post
  HttpResponse<?> ask() {
    var id = chat.ask().value();
    return events(chat.read(id, "").orElseThrow()).header("Lastword-Stream", id);
  }

  @Get("/{id}")
  HttpResponse<?> read(String id, @Header("Last-Event-ID") @Nullable String lastEventId) {
    var reading = chat.read(id, lastEventId);
    if (reading.isEmpty()) {
      return HttpResponse.notFound();
    }
    return reading.get().isAtEnd() ? HttpResponse.noContent() : events(reading.get());
  }

  private static MutableHttpResponse<Publisher<byte[]>> events(Reading reading) {
    Publisher<byte[]> bytes =
        JdkFlowAdapter.flowPublisherToFlux(reading.publisher())
            .map(
                events -> {
                  var copy = new byte[events.remaining()];
                  events.get(copy);
                  return copy;
                });
    return HttpResponse.ok(bytes).contentType(MediaType.TEXT_EVENT_STREAM_TYPE);
  }
}
