import Foundation

/// Where figures go: each is printed as it is found, so that nothing that fails later takes it away.
struct Figures: Sendable {
  /// Adds one; three significant digits are more than any run can repeat.
  func add(_ name: String, _ value: Double, _ unit: String) {
    let text = String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
    Console.figure("bench \(name) \(text) \(unit)")
  }

  /// Adds median and 99th percentile of times.
  func add(_ name: String, _ times: Distribution) {
    add("\(name).p50", times.percentile(50), "ms")
    add("\(name).p99", times.percentile(99), "ms")
  }
}

/// Times in milliseconds.
struct Distribution: Sendable {
  private let sorted: [Double]

  init(microseconds: [Int64]) {
    sorted = microseconds.map { Double($0) / 1000 }.sorted()
  }

  /// The nearest rank: a time that was really seen, never one between two.
  func percentile(_ percent: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }
}
