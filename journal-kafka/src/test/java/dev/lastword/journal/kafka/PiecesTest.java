package dev.lastword.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Which record holds which byte, against a file that says it of each. */
final class PiecesTest {
  private static final int FILE = 400;

  @RepeatedTest(200)
  void givenWritesOverOneAnother_whenAskedForAPart_thenTheLastOfEachByteIsFound(
      RepetitionInfo info) {
    var random = new Random(info.getCurrentRepetition());
    var pieces = new Pieces();
    var offsets = new long[FILE];
    var places = new int[FILE];
    for (int offset = 1; offset <= 30; offset++) {
      int position = random.nextInt(FILE);
      int length = random.nextInt(Math.min(FILE - position, 120) + 1);
      pieces.put(position, length, offset);
      for (int i = 0; i < length; i++) {
        offsets[position + i] = offset;
        places[position + i] = i;
      }
    }
    int from = random.nextInt(FILE);
    int to = from + random.nextInt(FILE - from + 1);

    var found = new ArrayList<String>();
    for (var piece : pieces.covering(from, to)) {
      for (int i = 0; i < piece.length(); i++) {
        long position = piece.position() + i;
        if (position >= from && position < to) {
          found.add(position + ":" + piece.offset() + "+" + (piece.skip() + i));
        }
      }
    }

    var expected = new ArrayList<String>();
    for (int position = from; position < to; position++) {
      if (offsets[position] > 0) {
        expected.add(position + ":" + offsets[position] + "+" + places[position]);
      }
    }
    assertThat(found).isEqualTo(expected);
  }
}
