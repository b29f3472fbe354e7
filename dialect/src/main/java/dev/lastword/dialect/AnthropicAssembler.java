package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Joins Anthropic's events to the message that the endpoint would have answered without a stream:
 * what {@code message_start} says of it, its content blocks with their deltas, and what {@code
 * message_delta} adds. Counts of tokens are cumulative, so the last word counts.
 */
final class AnthropicAssembler implements ResponseAssembler {
  /** Content blocks that are kept of one response. */
  private static final int BLOCKS_MAX = 1_024;

  private static final Set<String> WRITTEN =
      Set.of("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage");

  private final Joined message = new Joined();
  private final Joined usage = new Joined();
  private final List<AnthropicBlock> blocks = new ArrayList<>();

  /** The latest block of each number: Anthropic's own API has used one twice. */
  private final Map<Integer, AnthropicBlock> latest = new HashMap<>();

  @Override
  public void accept(SseEvent event) {
    Piece.read(event.data(), AnthropicAssembler::opens).ifPresent(this::join);
  }

  private static boolean opens(String name, int level, boolean array) {
    return !array
        && switch (name) {
          case "message", "content_block", "delta" -> level == 1;
          case "usage" -> level <= 2;
          default -> false;
        };
  }

  private void join(Piece.Members event) {
    int index = event.index().orElse(0);
    switch (event.text("type")) {
      case "message_start" -> startMessage(event.members("message"));
      case "message_delta" -> {
        joinMessage(event.members("delta"));
        event.members("usage").byName().forEach(usage::replace);
      }
      case "content_block_start" ->
          begin(index, new AnthropicBlock(event.members("content_block")));
      case "content_block_delta" -> joinDelta(index, event.members("delta"));
      default -> {} // ping, content_block_stop, and what is still to be invented
    }
  }

  /**
   * Another message goes on with the first, as Anthropic's client for Python puts them together:
   * its blocks follow, numbered from 0 again.
   */
  private void startMessage(Piece.Members begun) {
    latest.clear();
    if (message.isEmpty()) {
      joinMessage(begun);
    } else {
      begun.members("usage").byName().forEach(usage::replace);
    }
  }

  private void begin(int index, AnthropicBlock block) {
    if (blocks.size() < BLOCKS_MAX) {
      blocks.add(block);
      latest.put(index, block);
    }
  }

  /** Joins a delta to the block of its number, or to one that nobody began if it fits none. */
  private void joinDelta(int index, Piece.Members delta) {
    var block = latest.get(index);
    if (block == null || !block.takes(delta)) {
      begin(index, AnthropicBlock.of(delta));
      block = latest.get(index);
    }
    if (block != null && block.takes(delta)) {
      block.join(delta);
    }
  }

  private void joinMessage(Piece.Members members) {
    members
        .byName()
        .forEach(
            (name, piece) -> {
              if (name.equals("usage")) {
                members.members(name).byName().forEach(usage::replace);
              } else {
                message.replace(name, piece);
              }
            });
  }

  @Override
  public AssembledResponse assemble() {
    var text = blocks.stream().map(AnthropicBlock::text).collect(Collectors.joining());
    var tools = blocks.stream().flatMap(block -> block.toolCall().stream()).toList();
    var stopReason = message.text("stop_reason");
    var choice = new Choice(0, text, null, tools, stopReason.isEmpty() ? null : stopReason);
    return new AssembledResponse(text, List.of(choice), usage(), Json.write(this::write));
  }

  private @Nullable String usage() {
    return usage.isEmpty() ? null : Json.write(this::writeUsage);
  }

  private void write(JsonGenerator out) {
    out.writeStartObject();
    message.writeOr(out, "id", new Piece.Text(""));
    message.writeOr(out, "type", new Piece.Text("message"));
    message.writeOr(out, "role", new Piece.Text("assistant"));
    message.writeOr(out, "model", new Piece.Text(""));
    out.writeName("content");
    out.writeStartArray();
    blocks.forEach(block -> block.write(out));
    out.writeEndArray();
    message.writeOr(out, "stop_reason", Piece.Raw.NULL);
    message.writeOr(out, "stop_sequence", Piece.Raw.NULL);
    out.writeName("usage");
    writeUsage(out);
    message.writeMembers(out, WRITTEN);
    out.writeEndObject();
  }

  private void writeUsage(JsonGenerator out) {
    out.writeStartObject();
    usage.writeMembers(out, Set.of());
    out.writeEndObject();
  }
}
