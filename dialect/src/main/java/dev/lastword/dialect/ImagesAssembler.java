package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps the images that were completed; while there is none, the latest sketch of one. */
final class ImagesAssembler implements ResponseAssembler {
  /** Images that are kept of one response. */
  private static final int IMAGES_MAX = 64;

  private final List<Object> images = new ArrayList<>();
  private @Nullable Map<String, Object> sketch;
  private @Nullable Object usage;
  private Object created = JsonTree.Literal.NULL;

  @Override
  public void accept(SseEvent event) {
    JsonTree.surface(event.data()).ifPresent(this::join);
  }

  private void join(Map<String, Object> event) {
    var type = JsonTree.text(event, "type");
    if (!type.startsWith("image_")) {
      return;
    }
    created = event.getOrDefault("created_at", created);
    var image = new LinkedHashMap<>(event);
    List.of("type", "created_at", "usage", "sequence_number").forEach(image::remove);
    if (!type.endsWith(".completed")) {
      sketch = image;
    } else if (images.size() < IMAGES_MAX) {
      sketch = null;
      images.add(image);
      var counted = event.get("usage");
      usage = JsonTree.isObject(counted) ? counted : usage;
    }
  }

  @Override
  public AssembledResponse assemble() {
    var data = new ArrayList<>(images);
    if (images.isEmpty() && sketch != null) {
      data.add(sketch);
    }
    var json = new LinkedHashMap<String, Object>();
    json.put("created", created);
    json.put("data", data);
    var counted = usage;
    if (counted != null) {
      json.put("usage", counted);
    }
    return new AssembledResponse(
        "",
        List.of(new Choice(0, "", null, List.of(), images.isEmpty() ? null : "stop")),
        counted == null ? null : Json.write(out -> JsonTree.write(out, counted)),
        Json.write(out -> JsonTree.write(out, json)));
  }
}
