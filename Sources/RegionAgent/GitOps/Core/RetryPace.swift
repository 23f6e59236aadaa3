internal import Foundation

/// Waits after failures, before jitter.
enum RetryPace {
  /// 1 s doubling to 5 min; what only a person can mend starts at 15 s and goes up to 10 min.
  static func wait(afterFailures failures: Int, _ kind: GitFailure.Kind) -> TimeInterval {
    let exponent = min(max(failures, 1) - 1, 12)
    let (first, most): (TimeInterval, TimeInterval) = kind.isPermanent ? (15, 600) : (1, 300)
    return min(first * TimeInterval(1 << exponent), most)
  }
}
