package dev.lastword.examples.langchain4j;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.store.memory.chat.ChatMemoryStore;
import dev.langchain4j.store.memory.chat.InMemoryChatMemoryStore;
import dev.lastword.journal.StreamId;
import dev.lastword.langchain4j.LastwordStreamingChatModel;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.library.UnknownEventException;
import dev.lastword.stream.Owner;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A chat of one person, on loopback. The memory of its AI service is the save: who has read an
 * answer to its end finds it there, and so does who has left before, or stopped it.
 */
public final class Chat implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Chat.class);
  private static final Owner YOU = Owner.of("you");
  private static final int QUESTION_BYTES_MAX = 10_000;

  private final Lastword lastword;
  private final HttpServer server;
  private final StreamingChatModel model;
  private final ChatMemoryStore memories = new InMemoryChatMemoryStore();

  /** What an application of LangChain4j has. */
  interface Assistant {
    TokenStream chat(String question);
  }

  Chat(Path data, int port, StreamingChatModel model) throws IOException {
    this.model = model;
    lastword = Lastword.at(data.resolve("lastword")).open();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/ask", this::ask);
    server.createContext("/answers/", this::answers);
    server.createContext("/memory/", this::memory);
    server.start();
  }

  /** Where it listens. */
  URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The service is as without Lastword, but for its model. */
  private Assistant assistant(StreamId id) {
    var kept =
        LastwordStreamingChatModel.of(
            lastword, model, request -> AnswerRequest.of(YOU).conversation("chat").id(id));
    return AiServices.builder(Assistant.class)
        .streamingChatModel(kept)
        .chatMemory(
            MessageWindowChatMemory.builder()
                .id(id.value())
                .maxMessages(20)
                .chatMemoryStore(memories)
                .build())
        .build();
  }

  /** Asks, and reads what was asked for, as whoever comes back does. */
  private void ask(HttpExchange exchange) throws IOException {
    var question = new String(exchange.getRequestBody().readNBytes(QUESTION_BYTES_MAX), UTF_8);
    var id = StreamId.random();
    assistant(id)
        .chat(question)
        .onPartialResponse(token -> {})
        .onError(failure -> log.warn("ended otherwise", failure))
        .start();
    read(exchange, id);
  }

  private void answers(HttpExchange exchange) throws IOException {
    var parts = exchange.getRequestURI().getPath().split("/", -1);
    var id = StreamId.parse(parts[2]);
    if (id.isEmpty()) {
      respond(exchange, 404, new byte[0]);
    } else if (parts.length == 4 && parts[3].equals("stop")) {
      lastword.cancel(id.get(), YOU);
      respond(exchange, 200, new byte[0]);
    } else {
      read(exchange, id.get());
    }
  }

  /** What {@code writeTo} throws goes through: the server then breaks the connection. */
  private void read(HttpExchange exchange, StreamId id) throws IOException {
    var seen = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Last-Event-ID"));
    try {
      var reading = lastword.read(id, YOU, seen.orElse(""));
      if (reading.isEmpty()) {
        respond(exchange, 404, new byte[0]);
      } else if (reading.get().isAtEnd()) {
        reading.get().close();
        respond(exchange, 204, new byte[0]);
      } else {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.getResponseHeaders().set("Cache-Control", "no-cache");
        exchange.getResponseHeaders().set("Lastword-Stream", id.value());
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().flush();
        reading.get().writeTo(exchange.getResponseBody());
        exchange.close();
      }
    } catch (UnknownEventException e) {
      respond(exchange, 400, new byte[0]);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What the memory has of an answer. */
  private void memory(HttpExchange exchange) throws IOException {
    var id = exchange.getRequestURI().getPath().split("/", -1)[2];
    var answer =
        memories.getMessages(id).stream()
            .filter(AiMessage.class::isInstance)
            .map(Chat::text)
            .findFirst();
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    respond(exchange, answer.isPresent() ? 200 : 404, answer.orElse("").getBytes(UTF_8));
  }

  private static String text(ChatMessage message) {
    return ((AiMessage) message).text();
  }

  private static void respond(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    lastword.close();
    server.stop(0);
  }

  /** Starts it: the directory of its data, and its port. */
  public static void main(String[] args) throws IOException {
    var model = new ByHeart(Duration.ofMillis(60));
    var chat = new Chat(Path.of(args[0]), Integer.parseInt(args[1]), model);
    Runtime.getRuntime().addShutdownHook(new Thread(chat::close));
    System.out.println("ask " + chat.address() + "/ask");
  }
}
