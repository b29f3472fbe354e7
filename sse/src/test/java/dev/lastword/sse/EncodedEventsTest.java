package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EncodedEventsTest {
  private static final EncodedEvents THREE =
      EncodedEvents.of(
          List.of(
              SseEvent.of("a").withId("u-1"),
              SseEvent.of("t", "b\n\nc"),
              SseEvent.of("", "").withId("")));

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  @Test
  void givenEvents_whenEncoded_thenWireFormHasTypeDataLinesAndBlankLine() {
    assertThat(text(THREE.wire()))
        .isEqualTo("data: a\n\nevent: t\ndata: b\ndata: \ndata: c\n\ndata: \n\n");
    assertThat(THREE.length()).isEqualTo(THREE.wire().length);
    assertThat(THREE.count()).isEqualTo(3);
    assertThat(List.of(THREE.end(0), THREE.end(1), THREE.end(2))).containsExactly(9, 42, 50);
    assertThat(List.of(THREE.upstreamId(0), THREE.upstreamId(1), THREE.upstreamId(2)))
        .containsExactly("u-1", "", "");
  }

  @Test
  void givenTextThatLooksLikeFields_whenEncoded_thenItStaysData() {
    var evil = SseEvent.of("a\r\n\r\nevent: x\rid: 9\nretry: 1\n\n: c");

    var seen = new Parsed(1000, Parsed.Source.ARRAY);
    byte[] wire = EncodedEvents.of(List.of(evil)).wire();
    seen.feed(wire, 0, wire.length);

    assertThat(seen.seen)
        .containsExactly(new Seen("message", "a\n\nevent: x\nid: 9\nretry: 1\n\n: c", ""));
    assertThat(seen.retryMs()).isEqualTo(-1);
  }

  static List<EventStreams.Case> streams() {
    return EventStreams.all();
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenParsedEvents_whenEncodedAndStored_thenDecodedEventsAreEqual(EventStreams.Case stream) {
    byte[] bytes = stream.bytes();
    var events = new Parsed(1024, Parsed.Source.ARRAY).feed(bytes, 0, bytes.length).events;

    var encoded = EncodedEvents.of(events);

    assertThat(encoded.decode()).isEqualTo(events);
    assertThat(stored(encoded)).isEqualTo(encoded).hasSameHashCodeAs(encoded);
    assertThat(stored(encoded).decode()).isEqualTo(events);
    assertThat(EncodedEvents.join(encoded.bounds(), encoded.wire())).isEqualTo(encoded);
    for (int from = 0; from <= events.size(); from++) {
      assertThat(encoded.from(from))
          .isEqualTo(EncodedEvents.of(events.subList(from, events.size())));
      for (int to = from; to <= events.size(); to++) {
        assertThat(encoded.slice(from, to)).isEqualTo(EncodedEvents.of(events.subList(from, to)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenEvents_whenCutAndJoined_thenTheyAreAsBefore(EventStreams.Case stream) {
    byte[] bytes = stream.bytes();
    var events = new Parsed(1024, Parsed.Source.ARRAY).feed(bytes, 0, bytes.length).events;
    var whole = EncodedEvents.of(events);

    for (int cut = 0; cut <= events.size(); cut++) {
      var runs = List.of(whole.slice(0, cut), EncodedEvents.NONE, whole.from(cut));
      var decoded = new ArrayList<SseEvent>();
      EncodedEvents.decode(runs, decoded::add);
      assertThat(EncodedEvents.concat(runs)).isEqualTo(whole);
      assertThat(decoded).isEqualTo(events);
    }
    assertThat(EncodedEvents.concat(List.of())).isSameAs(EncodedEvents.NONE);
  }

  private static EncodedEvents stored(EncodedEvents events) {
    return EncodedEvents.readFrom(write(events).flip());
  }

  private static ByteBuffer write(EncodedEvents events) {
    var buffer = ByteBuffer.allocate(events.storedLength());
    events.writeTo(buffer);
    assertThat(buffer.hasRemaining()).isFalse();
    return buffer;
  }

  @Test
  void givenEventsWithIds_whenStored_thenBytesAreThoseOfTheFormat() {
    var two = EncodedEvents.of(List.of(SseEvent.of("a").withId("u"), SseEvent.of("b")));

    assertThat(HexFormat.of().formatHex(write(two).array()))
        .isEqualTo(
            "00000002"
                + "00000009"
                + "00000012"
                + "00000009"
                + "0000000275"
                + "00000000"
                + HexFormat.of().formatHex("data: a\n\ndata: b\n\n".getBytes(UTF_8)));
  }

  @Test
  void givenBoundsAndWireApart_whenJoined_thenTheWireIsNotCopiedAndHasToBelongToThem() {
    byte[] bounds = THREE.bounds();
    byte[] wire = THREE.wire();

    assertThat(EncodedEvents.join(bounds, wire).wire()).isSameAs(wire);
    assertThat(EncodedEvents.join(EncodedEvents.NONE.bounds(), new byte[0]))
        .isSameAs(EncodedEvents.NONE);
    for (byte[] other :
        List.of(
            Arrays.copyOf(wire, wire.length - 1),
            Arrays.copyOf(wire, wire.length + 1),
            new byte[wire.length],
            new byte[0])) {
      assertThatIllegalArgumentException().isThrownBy(() -> EncodedEvents.join(bounds, other));
    }
    for (byte[] other :
        List.of(
            Arrays.copyOf(bounds, bounds.length - 1),
            Arrays.copyOf(bounds, bounds.length + 1),
            new byte[0])) {
      assertThatIllegalArgumentException().isThrownBy(() -> EncodedEvents.join(other, wire));
    }
  }

  @Test
  void givenNoIds_whenStored_thenTheyTakeNothing() {
    assertThat(EncodedEvents.NONE.storedLength()).isEqualTo(8);
    assertThat(stored(EncodedEvents.NONE)).isEqualTo(EncodedEvents.NONE);
    assertThat(EncodedEvents.of(List.of(SseEvent.of("a"))).storedLength()).isEqualTo(4 + 4 + 4 + 9);
  }

  @Test
  void givenLittleEndianBufferWithNeighbours_whenStored_thenOrderAndNeighboursDoNotMatter() {
    var buffer = ByteBuffer.allocateDirect(1000).order(ByteOrder.LITTLE_ENDIAN).position(3);

    THREE.writeTo(buffer);
    THREE.writeTo(buffer);
    buffer.flip().position(3);

    assertThat(EncodedEvents.readFrom(buffer)).isEqualTo(THREE);
    assertThat(EncodedEvents.readFrom(buffer)).isEqualTo(THREE);
    assertThat(buffer.hasRemaining()).isFalse();
  }

  @Test
  void givenStoredForm_whenCutAnywhere_thenItIsRefusedAndThePositionStays() {
    byte[] whole = write(THREE).array();
    for (int length = 0; length < whole.length; length++) {
      var cut = ByteBuffer.wrap(whole, 0, length);

      assertThatIllegalArgumentException().isThrownBy(() -> EncodedEvents.readFrom(cut));

      assertThat(cut.position()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\x7F\\xFF\\xFF\\xFF",
        "\\xFF\\xFF\\xFF\\xFF",
        "\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x09",
        "\\x00\\x00\\x00\\x00\\x7F\\xFF\\xFF\\xFF",
        "\\x00\\x00\\x00\\x01\\x7F\\xFF\\xFF\\xFF\\x00\\x00\\x00\\x00data: a\\n\\n",
        "\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x09\\x00\\x00\\x00\\x04\\x7F\\xFF\\xFF\\xFFdata: a\\n\\n",
        "\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x09\\x00\\x00\\x00\\x04\\x80\\x00\\x00\\x00data: a\\n\\n",
        "\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x09\\x00\\x00\\x00\\x05\\x00\\x00\\x00\\x02\\ndata: a\\n\\n",
        "\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x09\\x00\\x00\\x00\\x05\\x00\\x00\\x00\\x01xdata: a\\n\\n",
        "\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x09\\x00\\x00\\x00\\x02\\x00\\x00data: a\\n\\n",
      })
  void givenLengthsThatLie_whenRead_thenTheyAreRefused(String stored) {
    var buffer = ByteBuffer.wrap(EventStreams.unescape(stored));

    assertThatIllegalArgumentException().isThrownBy(() -> EncodedEvents.readFrom(buffer));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "data: a\n",
        "data: a",
        "data:a\n\n",
        "data\n\n",
        ": c\n\n",
        "data: a\n\n\n",
        "data: a\n\ndata: b\n\n",
        "data: a\n: c\n\n",
        "data: a\r\n\n",
        "data: a\nid: 1\n\n",
        "id: 1\ndata: a\n\n",
        "event: t\n\n",
        "event: \ndata: a\n\n",
        "event: t\nevent: u\ndata: a\n\n",
        "data: a\nevent: t\n\n",
        "\uFEFFdata: a\n\n",
      })
  void givenWireBytesThatAreNotOneEvent_whenRead_thenTheyAreRefused(String wire) {
    byte[] bytes = wire.getBytes(UTF_8);
    var buffer = ByteBuffer.allocate(12 + bytes.length);
    buffer.putInt(1).putInt(bytes.length).putInt(0).put(bytes).flip();

    assertThatIllegalArgumentException().isThrownBy(() -> EncodedEvents.readFrom(buffer));
  }

  @Test
  void givenStoredFormWithBytesChanged_whenRead_thenItIsRefusedOrHoldsWholeEvents() {
    byte[] whole = write(THREE).array();
    for (int seed = 0; seed < 50_000; seed++) {
      var random = new Random(seed);
      byte[] changed = whole.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
      }
      try {
        var read = EncodedEvents.readFrom(ByteBuffer.wrap(changed));
        assertThat(EncodedEvents.of(read.decode())).as("seed %d", seed).isEqualTo(read);
      } catch (IllegalArgumentException e) {
        assertThat(e).as("seed %d", seed).hasMessageStartingWith("not stored events: ");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 8, 9, 98, 99, 998, 999_999_998, Long.MAX_VALUE - 3})
  void givenFirstSeq_whenWrittenWithIds_thenEachEventHasItsNumber(long firstSeq) {
    var expected = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      int start = i == 0 ? 0 : THREE.end(i - 1);
      expected.append("id: 12-").append(firstSeq + i).append('\n');
      expected.append(new String(THREE.wire(), start, THREE.end(i) - start, ISO_8859_1));
    }
    int length = THREE.lengthWithIds(12, firstSeq);
    byte[] array = new byte[length + 2];
    var direct = ByteBuffer.allocateDirect(length);

    assertThat(THREE.writeWithIds(array, 1, 12, firstSeq)).isEqualTo(length + 1);
    THREE.writeWithIds(direct, 12, firstSeq);
    byte[] fromDirect = new byte[direct.flip().remaining()];
    direct.get(fromDirect);

    assertThat(new String(array, 1, length, ISO_8859_1)).isEqualTo(expected.toString());
    assertThat(text(fromDirect)).isEqualTo(expected.toString());
  }

  @Test
  void givenUpstreamIds_whenWrittenWithThem_thenTheEmptyOneIsWrittenAndTheMissingOneIsNot() {
    var out = ByteBuffer.allocate(THREE.lengthWithUpstreamIds());

    THREE.writeWithUpstreamIds(out);

    assertThat(text(out.array()))
        .isEqualTo("id: u-1\ndata: a\n\nevent: t\ndata: b\ndata: \ndata: c\n\nid: \ndata: \n\n");
    assertThat(List.of(THREE.hasUpstreamId(0), THREE.hasUpstreamId(1), THREE.hasUpstreamId(2)))
        .containsExactly(true, false, true);
    assertThat(EncodedEvents.of(List.of(SseEvent.of("a"))).hasUpstreamId(0)).isFalse();
  }

  @Test
  void givenThousandsOfEvents_whenWrittenWithIds_thenLengthIsExact() {
    var many = EncodedEvents.of(java.util.Collections.nCopies(12_345, SseEvent.of("a")));
    byte[] out = new byte[many.lengthWithIds(0, 7)];

    assertThat(many.writeWithIds(out, 0, 0, 7)).isEqualTo(out.length);

    assertThat(text(out)).startsWith("id: 0-7\ndata: a\n\n").endsWith("id: 0-12351\ndata: a\n\n");
  }

  @Test
  void givenNegativeIdOrTooLittleRoom_whenWrittenWithIds_thenItIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> THREE.lengthWithIds(-1, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> THREE.writeWithIds(new byte[99], 0, 1, -1));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> THREE.writeWithIds(new byte[20], 0, 1, 1));
    assertThatExceptionOfType(BufferOverflowException.class)
        .isThrownBy(() -> THREE.writeWithIds(ByteBuffer.allocate(20), 1, 1));
  }

  @Test
  void givenNumbersOutsideTheEvents_whenAsked_thenTheyAreRefused() {
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> THREE.from(4));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> THREE.from(-1));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> THREE.slice(2, 1));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> THREE.slice(0, 4));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> EncodedEvents.NONE.upstreamId(0));
    assertThat(THREE.from(0)).isSameAs(THREE);
    assertThat(THREE.from(3)).isSameAs(EncodedEvents.NONE);
  }
}
