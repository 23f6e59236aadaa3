internal import Foundation
internal import Kubernetes
internal import Logging

extension ClusterWorker {
  /// Reads what the cluster remembers; without it nothing is done there.
  func recall() async {
    var failures = 0
    while remembered == nil, !Task.isCancelled {
      do {
        let all = try await memory.recall()
        remembered = all.entries
        rememberedHere = all.ofCluster
        standing = all.standing
        setMemoryFault(nil)
        setMemoryGap(all.gap)
        for placement in machines.keys {
          if let gap = all.gap { feed(placement, .memoryGap(gap)) }
          feed(placement, .memory(all.entries[placement]))
        }
        for namespace in contenders.keys.sorted() { admitContenders(of: namespace) }
      } catch is CancellationError {
        return
      } catch {
        failures += 1
        let message = "what was done on the cluster can not be recalled: \(error)"
        setMemoryFault(message)
        for placement in machines.keys { feed(placement, .memoryFailed(message)) }
        await pause(afterFailures: failures)
      }
    }
  }

  /// Reads what could not be read at the start, until it was.
  func closeGap() async {
    var failures = 0
    while memoryGap != nil, !Task.isCancelled {
      failures += 1
      await pause(afterFailures: failures)
      guard !Task.isCancelled else { return }
      do {
        let all = try await memory.recall()
        setMemoryGap(all.gap)
        guard all.gap == nil else {
          tellGapAgain()
          continue
        }
        rememberedHere.formUnion(all.ofCluster)
        standing.formUnion(all.standing)
        remembered = (remembered ?? [:]).merging(all.entries) { $0.merged(with: $1) }
        for placement in machines.keys {
          if let entry = all.entries[placement] { feed(placement, .memory(entry)) }
          feed(placement, .memoryGap(nil))
        }
        for namespace in contenders.keys.sorted() { admitContenders(of: namespace) }
      } catch {
        setMemoryGap("what was done on the cluster can not be recalled: \(error)")
      }
    }
  }

  /// The zone's record may vouch for what it did not before.
  func tellGapAgain() {
    guard let memoryGap, remembered != nil else { return }
    for placement in machines.keys { feed(placement, .memoryGap(memoryGap)) }
  }

  /// Writes down what machines are about to act on; whatever comes while one write is under way goes with the next.
  func remember() async {
    var failures = 0
    for await _ in memoryBell.stream {
      // As this writer has left them: who writes again at once need not read them again.
      var shards: [String: ConfigMap] = [:]
      while !toRemember.isEmpty, !Task.isCancelled {
        await gather()
        let entries = toRemember
        toRemember = [:]
        do {
          let written = try await memory.remember(
            entries, standing: (remembered ?? [:]).filter { standing.contains($0.key) }, known: shards)
          shards.merge(written.shards) { $1 }
          failures = 0
          setMemoryFault(nil)
          for (placement, entry) in written.entries {
            // Home may have had its say meanwhile.
            let told = remembered?[placement]
            remembered?[placement] = told?.merged(with: entry) ?? entry
            standing.insert(placement)
            feed(placement, .memory(entry))
          }
        } catch is CancellationError {
          return
        } catch {
          failures += 1
          shards = [:]
          // What waits by now may be older: it was written before, and is only to be looked for.
          toRemember.merge(entries) { $0.merged(with: $1) }
          let message = "what is about to be done can not be written down: \(error)"
          setMemoryFault(message)
          for placement in entries.keys { feed(placement, .memoryFailed(message)) }
          await pause(afterFailures: failures)
        }
      }
    }
  }

  /// Looks now and then whether all is still written down, and writes anew what was deleted or set back by hand: the agent may not
  /// watch ConfigMaps, and the next entry may be long in coming. What one entry of each brings about is enough.
  func keepMemoryWhole() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: memoryInterval * Double.random(in: 0.75...1.25))
      guard !Task.isCancelled else { return }
      let one = Dictionary(standing.map { (memory.shard(of: $0), $0) }, uniquingKeysWith: { $1 })
      for placement in one.values where toRemember[placement] == nil { toRemember[placement] = remembered?[placement] }
      memoryBell.continuation.yield()
    }
  }

  /// Where workers have enough to do for that long, what is to be written down waits for what comes after it: each time is a
  /// request for every digit, which an API server takes in the place of an apply.
  private func gather() async {
    if queue.count >= concurrency { try? await Task.sleep(for: .milliseconds(100)) }
  }

  private func setMemoryFault(_ message: String?) {
    guard message != memoryFault else { return }
    memoryFault = message
    if let message { logger.warning("The agent's memory", metadata: ["cluster": "\(name)", "error": "\(message)"]) }
    tellHealth()
  }

  private func setMemoryGap(_ message: String?) {
    guard message != memoryGap else { return }
    memoryGap = message
    if let message {
      logger.warning("A part of the agent's memory", metadata: ["cluster": "\(name)", "error": "\(message)"])
    }
    tellHealth()
  }

  func pause(afterFailures failures: Int) async {
    let ceiling = min(200 << min(failures - 1, 6), 10_000)
    try? await Task.sleep(for: .milliseconds(Int.random(in: (ceiling / 2)...ceiling)))
  }
}
