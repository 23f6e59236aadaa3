import Events
import Foundation
import Testing

/// The bytes of what governance says are pinned. Other bytes under the same version make every agent take them anew, and agents
/// that know no better refuse them: whoever changes them on purpose changes this file, and reads ADR 0012 first.
struct WrittenStateTests {
  private func text(_ value: some Encodable) throws -> String {
    String(decoding: try BusCodec.encode(value), as: UTF8.self)
  }

  @Test func `a state that stands is written so`() throws {
    #expect(try text(Samples.minimalDesired) == Self.minimal)
  }

  @Test func `a removal is written so`() throws {
    #expect(try text(Samples.fullDesired) == Self.full)
  }

  private static let minimal = #"""
    {"cluster":"c1","decidedAt":"2026-11-18T11:06:40.123456Z",\#
    "decision":"0B000000-0000-4000-8000-00000000000B",\#
    "environment":{"id":"0B000000-0000-4000-8000-00000000000B","name":"prod","stage":"prod"},"epoch":2,\#
    "mode":"own","namespace":"a--b","phase":"active","placement":"0A000000-0000-4000-8000-00000000000A",\#
    "project":{"id":"0B000000-0000-4000-8000-00000000000B","name":"basegun","organisation":"mi"},\#
    "quota":{},"revision":7,"sensitivity":"DR","zone":"z1"}
    """#

  private static let full = #"""
    {"cluster":"c1","decidedAt":"2026-11-18T11:06:40.123456Z",\#
    "decision":"0B000000-0000-4000-8000-00000000000B",\#
    "environment":{"id":"0B000000-0000-4000-8000-00000000000B","name":"prod","stage":"prod"},"epoch":2,\#
    "mode":"own","namespace":"a--b","notBefore":"2026-11-18T11:06:40.123456Z","phase":"removed",\#
    "placement":"0A000000-0000-4000-8000-00000000000A",\#
    "project":{"id":"0B000000-0000-4000-8000-00000000000B","name":"basegun","organisation":"mi"},\#
    "quota":{"cpu":"4","gpu":"1","memory":"8Gi","pods":"20","storage":"1Ti"},\#
    "removePersistentVolumes":true,"revision":7,"sensitivity":"DR","zone":"z1"}
    """#
}
