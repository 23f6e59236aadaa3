import Metrics
import NIOConcurrencyHelpers
import Synchronization

/// The live value of one series.
protocol MetricCell: AnyObject, Sendable {
  func samples(labels: LabelSet) -> [MetricFamily.Sample]
}

/// A counter; whole and fractional increments are kept apart so that whole ones stay exact.
///
/// Negative increments are ignored: a counter that falls would read as a restart.
final class CounterCell: MetricCell, CounterHandler, FloatingPointCounterHandler {
  private let whole = Atomic<UInt64>(0)
  private let fractional = AtomicDouble()

  func increment(by amount: Int64) {
    guard amount > 0 else { return }
    whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
  }

  func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    fractional.add(amount)
  }

  func reset() {
    whole.store(0, ordering: .relaxed)
    fractional.store(0)
  }

  func samples(labels: LabelSet) -> [MetricFamily.Sample] {
    let value = Double(whole.load(ordering: .relaxed)) + fractional.load()
    return [MetricFamily.Sample(labels: labels, value: value)]
  }
}

/// A value that goes up and down: meters, and recorders that do not aggregate.
final class GaugeCell: MetricCell, MeterHandler, RecorderHandler {
  private let value = AtomicDouble()

  func set(_ new: Int64) { value.store(Double(new)) }
  func set(_ new: Double) { value.store(new) }
  func record(_ new: Int64) { value.store(Double(new)) }
  func record(_ new: Double) { value.store(new) }
  func increment(by amount: Double) { value.add(amount) }
  func decrement(by amount: Double) { value.add(-amount) }

  func samples(labels: LabelSet) -> [MetricFamily.Sample] {
    [MetricFamily.Sample(labels: labels, value: value.load())]
  }
}

/// A histogram: timers (in seconds) and recorders that aggregate.
///
/// A short lock rather than atomics: buckets, sum and count of one scrape then agree with each other.
final class HistogramCell: MetricCell, TimerHandler, RecorderHandler {
  private struct State {
    var counts: [UInt64]
    var sum = 0.0
  }

  /// Upper bounds, rising, without +Inf.
  private let bounds: [Double]
  private let state: NIOLockedValueBox<State>

  init(bounds: [Double]) {
    self.bounds = bounds
    self.state = NIOLockedValueBox(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }
  func record(_ value: Int64) { record(Double(value)) }

  /// NaN is ignored: it has no bucket and would spoil the sum for good.
  func record(_ value: Double) {
    guard !value.isNaN else { return }
    let index = bucket(of: value)
    state.withLockedValue { state in
      state.counts[index] += 1
      state.sum += value
    }
  }

  func samples(labels: LabelSet) -> [MetricFamily.Sample] {
    let state = state.withLockedValue { $0 }
    var samples: [MetricFamily.Sample] = []
    samples.reserveCapacity(state.counts.count + 2)
    var total: UInt64 = 0
    for (index, count) in state.counts.enumerated() {
      total += count
      let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
      samples.append(.init(suffix: "_bucket", labels: labels.appending("le", bound), value: Double(total)))
    }
    samples.append(.init(suffix: "_sum", labels: labels, value: state.sum))
    samples.append(.init(suffix: "_count", labels: labels, value: Double(total)))
    return samples
  }

  /// The first bound that is not below `value`, by bisection; past the last one is +Inf.
  private func bucket(of value: Double) -> Int {
    var low = 0
    var high = bounds.count
    while low < high {
      let middle = (low + high) / 2
      if value <= bounds[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// A Double changed without a lock.
private final class AtomicDouble: Sendable {
  private let bits = Atomic<UInt64>(0)

  func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

  func add(_ amount: Double) {
    var seen = bits.load(ordering: .relaxed)
    var exchanged = false
    while !exchanged {
      let new = (Double(bitPattern: seen) + amount).bitPattern
      (exchanged, seen) = bits.compareExchange(expected: seen, desired: new, ordering: .relaxed)
    }
  }
}
