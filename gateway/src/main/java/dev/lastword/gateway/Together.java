package dev.lastword.gateway;

import dev.lastword.stream.MemoryBudget;

/**
 * What the gateways of one process have together: the heap that they live on, what is counted, and
 * keys that one at a time may write.
 *
 * @param answers memory for what is put together for one reader
 */
record Together(
    Secrets secrets, MemoryBudget memory, ResponseBudget answers, GatewayMetrics metrics) {}
