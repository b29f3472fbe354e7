package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Timeline;
import dev.lastword.checker.scenario.Timeline.Mark;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** One run as a picture: a row for the events, and one for each thing that happened. */
final class TimelinePicture {
  private static final int ROW_PX = 26;
  private static final int AXIS_PX = 24;

  private final Timeline timeline;
  private final TimeAxis axis;

  TimelinePicture(Timeline timeline) {
    this.timeline = timeline;
    this.axis = TimeAxis.of(timeline);
  }

  /** An HTML figure; names and times stand beside the picture, so that they are never scaled. */
  String html() {
    var rows = new StringBuilder();
    row(rows, "ev", "events", String.valueOf(timeline.eventsMs().size()));
    timeline
        .marks()
        .forEach(mark -> row(rows, kind(mark), meaning(mark), TimeAxis.words(mark.atMs())));
    return """
        <figure class="timeline" role="img" aria-label="%s">
        <ol>
        %s</ol>
        <svg width="100%%" height="%d" aria-hidden="true">
        %s</svg>
        </figure>
        """
        .formatted(spoken(), rows, height() + AXIS_PX, drawing());
  }

  private int height() {
    return ROW_PX * (timeline.marks().size() + 1);
  }

  private static void row(StringBuilder rows, String kind, String name, String value) {
    rows.append("<li class=\"")
        .append(kind)
        .append("\"><span>")
        .append(Markup.escaped(name))
        .append("</span><b>")
        .append(Markup.escaped(value))
        .append("</b></li>\n");
  }

  private String drawing() {
    var svg = new StringBuilder();
    for (int row = 0; row <= timeline.marks().size(); row++) {
      line(svg, "lane", 0, middle(row), 100, middle(row));
    }
    if (axis.broken()) {
      line(svg, "gap", axis.gapPercent(), 0, axis.gapPercent(), height());
      label(svg, "break", axis.gapPercent(), height() + 16, "middle", "//");
    }
    var places = new TreeSet<Long>(); // what falls on one spot is drawn once
    timeline.eventsMs().forEach(at -> places.add(Math.round(axis.percent(at) * 5)));
    places.forEach(at -> line(svg, "event", at / 5.0, 5, at / 5.0, ROW_PX - 5));
    int row = 1;
    for (var mark : timeline.marks()) {
      double x = axis.percent(mark.atMs());
      line(svg, "drop " + kind(mark), x, 4, x, middle(row));
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle class=\"%s\" cx=\"%.2f%%\" cy=\"%d\" r=\"6\"/>%n",
              kind(mark),
              x,
              middle(row)));
      row++;
    }
    ruler(svg);
    return svg.toString();
  }

  private void ruler(StringBuilder svg) {
    int y = height() + 16;
    label(svg, "", axis.percent(0), y, "start", "0");
    if (axis.broken()) {
      label(svg, "knee", axis.kneePercent(), y, "end", TimeAxis.words(axis.kneeMs()));
    }
    label(svg, "", axis.percent(axis.lastMs()), y, "end", TimeAxis.words(axis.lastMs()));
  }

  private static int middle(int row) {
    return row * ROW_PX + ROW_PX / 2;
  }

  private static void line(StringBuilder svg, String kind, double x1, int y1, double x2, int y2) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.2f%%\" y1=\"%d\" x2=\"%.2f%%\" y2=\"%d\"/>%n",
            kind,
            x1,
            y1,
            x2,
            y2));
  }

  private static void label(
      StringBuilder svg, String kind, double x, int y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%.2f%%\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
            kind,
            x,
            y,
            anchor,
            Markup.escaped(text)));
  }

  private static String kind(Mark mark) {
    return switch (mark.name()) {
      case "ending", "terminal" -> "said";
      case "leave" -> "leave";
      case "saved" -> "saved";
      case "given up" -> "lost";
      default -> "other";
    };
  }

  private static String meaning(Mark mark) {
    return switch (mark.name()) {
      case "ending" -> "sounds finished";
      case "terminal" -> "said: complete";
      case "leave" -> "reader leaves";
      case "end" -> "stream ends";
      case "saved" -> "found saved";
      case "given up" -> "still not saved";
      default -> mark.name();
    };
  }

  private String spoken() {
    var marks =
        timeline.marks().stream()
            .map(mark -> meaning(mark) + " at " + TimeAxis.words(mark.atMs()))
            .collect(Collectors.joining(", "));
    return Markup.escaped(timeline.eventsMs().size() + " events; " + marks);
  }
}
