import Foundation
import NIOConcurrencyHelpers

@testable import Telemetry

/// A small seeded generator, so that a failing property names its seed.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A clock that moves only when told.
final class ManualClock: Sendable {
  private let seconds = NIOLockedValueBox<Int64>(0)

  func advance(by amount: Int64) {
    seconds.withLockedValue { $0 += amount }
  }

  /// Civil time starts at 2026-11-23T23:28:41Z, uptime at zero.
  var clock: TelemetryClock {
    TelemetryClock(
      wall: { [seconds] in WallTime(seconds: 1_795_476_521 + seconds.withLockedValue { $0 }) },
      uptime: { [seconds] in .seconds(seconds.withLockedValue { $0 }) })
  }
}

/// A file that collects log lines and goes away with its owner.
final class LineFile: Sendable {
  private let path: String
  private let handle: FileHandle
  let output: LogOutput

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("telemetry-\(UUID().uuidString)").path
    guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path)
    else { throw CocoaError(.fileWriteUnknown) }
    self.handle = handle
    output = LogOutput(descriptor: handle.fileDescriptor)
  }

  func lines() throws -> [String] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return text.split(separator: "\n").map(String.init)
  }

  func objects() throws -> [[String: String]] {
    try lines().map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return (object as? [String: Any] ?? [:]).mapValues { "\($0)" }
    }
  }

  deinit {
    try? handle.close()
    try? FileManager.default.removeItem(atPath: path)
  }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
