/// Measurements of Lastword: a load tool for relay, fan-out, idle readers and start, and the JMH
/// benchmarks.
///
/// The load tool runs three kinds of process, so that their CPU can be told apart: the source of
/// events ([dev.lastword.bench.UpstreamLoad]), the readers ([dev.lastword.bench.ReaderLoad]) and
/// the system between them. The tool itself only starts them, speaks with them in lines, and reads
/// `/proc`.
@NullMarked
package dev.lastword.bench;

import org.jspecify.annotations.NullMarked;
