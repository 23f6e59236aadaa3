import Metrics
import NIOConcurrencyHelpers

/// What calls cost, under the names that Kubernetes' own clients use.
final class ClientMetrics: Sendable {
  private struct Key: Hashable {
    var verb: Call.Verb
    var code: String
  }

  private struct Known {
    var counters: [Key: Counter] = [:]
    var timers: [Call.Verb: Timer] = [:]
  }

  private let host: String
  private let known = NIOLockedValueBox(Known())

  init(host: String) { self.host = host }

  /// Notes one try. For a watch the time is that until its answer began.
  ///
  /// - Parameter code: the HTTP code; nil when there was no answer.
  func note(_ verb: Call.Verb, code: Int?, took duration: Duration) {
    let key = Key(verb: verb, code: code.map(String.init) ?? "<error>")
    let (counter, timer) = known.withLockedValue { known -> (Counter, Timer) in
      (self.counter(for: key, in: &known), self.timer(for: verb, in: &known))
    }
    counter.increment()
    timer.record(duration: duration)
  }

  private func counter(for key: Key, in known: inout Known) -> Counter {
    if let counter = known.counters[key] { return counter }
    let counter = Counter(
      label: "rest_client_requests_total",
      dimensions: [("verb", key.verb.rawValue), ("code", key.code), ("host", host)])
    known.counters[key] = counter
    return counter
  }

  private func timer(for verb: Call.Verb, in known: inout Known) -> Timer {
    if let timer = known.timers[verb] { return timer }
    let timer = Timer(
      label: "rest_client_request_duration_seconds", dimensions: [("verb", verb.rawValue), ("host", host)])
    known.timers[verb] = timer
    return timer
  }
}
