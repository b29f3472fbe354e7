package dev.lastword.bench.spring;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * Asks a model and returns its events as they come. It takes the options that every system of the
 * bench is started with: {@code --upstream URL --listen HOST:PORT --data FOLDER}.
 */
@SpringBootApplication(proxyBeanMethods = false)
@RestController
public class RelayApplication {
  private static final int CONNECTIONS_MAX = 100_000;
  private static final ParameterizedTypeReference<ServerSentEvent<String>> EVENTS =
      new ParameterizedTypeReference<>() {};

  private final WebClient model;

  RelayApplication(@Value("${upstream}") String upstream) {
    var connections =
        ConnectionProvider.builder("model")
            .maxConnections(CONNECTIONS_MAX)
            .pendingAcquireMaxCount(-1)
            .build();
    this.model =
        WebClient.builder()
            .clientConnector(new ReactorClientHttpConnector(HttpClient.create(connections)))
            .baseUrl(upstream)
            .build();
  }

  /** Starts it. */
  public static void main(String[] arguments) {
    SpringApplication.run(RelayApplication.class, springs(arguments));
  }

  /** As Spring has them. */
  private static String[] springs(String[] arguments) {
    var all =
        new ArrayList<>(
            List.of(
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn",
                "--server.netty.idle-timeout=1h"));
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      var value = arguments[i + 1];
      switch (arguments[i]) {
        case "--upstream" -> all.add("--upstream=" + value);
        case "--data" -> all.add("--lastword.directory=" + value);
        case "--listen" -> {
          int colon = value.lastIndexOf(':');
          all.add("--server.address=" + value.substring(0, colon));
          all.add("--server.port=" + value.substring(colon + 1));
        }
        default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
      }
    }
    return all.toArray(String[]::new);
  }

  @PostMapping(path = "/v1/chat/completions", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<ServerSentEvent<String>> answer(ServerHttpRequest request) {
    var query = request.getURI().getRawQuery();
    return model
        .post()
        .uri("/v1/chat/completions?" + query)
        .retrieve()
        .bodyToFlux(EVENTS)
        .map(event -> ServerSentEvent.builder(spaced(event.data())).build());
  }

  /** Spring writes nothing between {@code data:} and the text, and the readers want a space. */
  private static String spaced(@Nullable String data) {
    return " " + data;
  }

  @GetMapping("/readyz")
  String ready() {
    return "ready";
  }
}
