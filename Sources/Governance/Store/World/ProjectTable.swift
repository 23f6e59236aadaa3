import Foundation
import Model
import Placement
import Postgres

/// All projects with their documents and what they hold, in few bytes: one run of bytes per project, in which names that
/// come again and again are numbers.
struct ProjectTable: Sendable {
  /// A project as a decision sees it.
  struct Project: Sendable {
    /// Nil where placements have outlived the document.
    var document: Resource<ProjectSpec>?
    /// The document's spec in the JSON that it was read from.
    var spec: ArraySlice<UInt8>?
    /// By environment, replica and identifier.
    var held: [HeldReplica]
  }

  /// In many small parts: where somebody looks at all of them, what changes meanwhile is written into a copy, of one part.
  private var entries = [[String: [UInt8]]](repeating: [:], count: parts)
  private var names = NameTable()
  /// The projects that hold something of a cluster, by the cluster's number.
  private var holders: [UInt64: Set<String>] = [:]

  private static let parts = 256

  private static func part(of project: String) -> Int { Int(UInt(bitPattern: project.hashValue) % UInt(parts)) }

  /// Replaces what is known of a project; one with neither document nor placements is forgotten.
  ///
  /// - Parameter document: see ``Document/bytes``.
  mutating func set(_ project: String, document: [UInt8]?, held: [HeldReplica]) {
    move(project, from: numbers(of: project), to: Set(held.map { names.number(of: $0.cluster) }))
    guard document != nil || !held.isEmpty else {
      entries[Self.part(of: project)][project] = nil
      return
    }
    var writer = CompactWriter()
    writer.write(document ?? [])
    for replica in held {
      writer.write(fixed: withUnsafeBytes(of: replica.id.uuid, Array.init))
      for name in [replica.environment, replica.cluster, replica.stage, replica.phase.rawValue] {
        writer.write(names.number(of: name))
      }
      writer.write(signed: Int64(replica.replica))
      writer.write(signed: replica.revision)
      for resource in CountedResource.allCases { writer.write(signed: replica.reserved[resource]) }
      writer.write(replica.isLeaving ? 1 : 0)
      writer.write(replica.chain.map { names.number(of: $0) + 1 } ?? 0)
    }
    // A copy of just the right size: what an array has to spare would be most of a short one.
    entries[Self.part(of: project)][project] = writer.bytes.withUnsafeBytes(Array.init)
  }

  /// Replaces what a project holds.
  ///
  /// - Returns: false where its document is not known.
  mutating func set(_ project: String, held: [HeldReplica]) -> Bool {
    guard let document = find(project)?.document, !document.isEmpty else { return false }
    set(project, document: document, held: held)
    return true
  }

  /// All projects that something is known of, sorted.
  var projects: [String] { entries.flatMap(\.keys).sorted() }

  /// What is known of a project; nil where nothing is.
  func find(_ project: String) -> Entry? {
    entries[Self.part(of: project)][project].map { Entry(name: project, bytes: $0, names: names) }
  }

  /// The projects that hold something of a cluster, in no order.
  func holders(of cluster: String) -> [Entry] {
    guard let number = names.known(cluster) else { return [] }
    return holders[number, default: []].compactMap(find)
  }

  /// The clusters that a project holds something of. Of bytes that were written here there is nothing that can not be read.
  func clusters(of project: String) -> Set<String> {
    guard let held = try? find(project)?.held() else { return [] }
    return Set(held.map(\.cluster))
  }

  private func numbers(of project: String) -> Set<UInt64> { Set(clusters(of: project).compactMap(names.known)) }

  private mutating func move(_ project: String, from before: Set<UInt64>, to after: Set<UInt64>) {
    for cluster in before.subtracting(after) { holders[cluster]?.remove(project) }
    for cluster in after.subtracting(before) { holders[cluster, default: []].insert(project) }
  }

  /// What is known of a project, as it is kept.
  struct Entry: Sendable {
    fileprivate(set) var name: String
    fileprivate var bytes: [UInt8]
    fileprivate var names: NameTable
  }

  /// What a decision reads of a project's document, as it is stored: nothing is decoded before somebody asks for it.
  struct Document {
    var version: String
    /// JSON.
    var labels: ArraySlice<UInt8>
    /// JSON.
    var spec: ArraySlice<UInt8>

    init(version: String, labels: PostgresJSON, spec: PostgresJSON) {
      self.version = version
      self.labels = Array(labels.text.utf8)[...]
      self.spec = Array(spec.text.utf8)[...]
    }

    init(bytes: ArraySlice<UInt8>) throws(CompactReader.Malformed) {
      var reader = CompactReader(Array(bytes))
      version = String(decoding: try reader.run(), as: UTF8.self)
      labels = try reader.run()
      spec = try reader.run()
    }

    /// As it is kept; never empty.
    var bytes: [UInt8] {
      var writer = CompactWriter()
      writer.write(version.utf8)
      writer.write(labels)
      writer.write(spec)
      return writer.bytes
    }

    func resource(named name: String) throws -> Resource<ProjectSpec> {
      var metadata = Metadata(name: name)
      if !labels.elementsEqual("{}".utf8) {
        metadata.labels = try ModelJSON.decoder.decode([String: String].self, from: Data(labels))
      }
      metadata.resourceVersion = version
      return Resource(metadata: metadata, spec: try ModelJSON.decoder.decode(ProjectSpec.self, from: Data(spec)))
    }
  }
}

extension ProjectTable.Entry {
  func project() throws -> ProjectTable.Project {
    var reader = CompactReader(bytes)
    let bytes = try reader.run()
    let document = bytes.isEmpty ? nil : try ProjectTable.Document(bytes: bytes)
    return ProjectTable.Project(
      document: try document?.resource(named: name), spec: document?.spec, held: try held(&reader))
  }

  /// As it was given; nil where it can not be read.
  fileprivate var document: [UInt8]? {
    var reader = CompactReader(bytes)
    return (try? reader.run()).map(Array.init)
  }

  /// Only what it holds.
  func held() throws -> [HeldReplica] {
    var reader = CompactReader(bytes)
    _ = try reader.run()
    return try held(&reader)
  }

  private func held(_ reader: inout CompactReader) throws -> [HeldReplica] {
    var held: [HeldReplica] = []
    while !reader.isAtEnd { held.append(try replica(&reader)) }
    return held
  }

  private func replica(_ reader: inout CompactReader) throws -> HeldReplica {
    let id = try reader.fixed(16)
    var uuid: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    withUnsafeMutableBytes(of: &uuid) { $0.copyBytes(from: id) }
    let environment = try names.name(reader.number())
    let cluster = try names.name(reader.number())
    let stage = try names.name(reader.number())
    guard let phase = PlacementPhase(rawValue: try names.name(reader.number())) else {
      throw CompactReader.Malformed()
    }
    let number = Int(try reader.signed())
    let revision = try reader.signed()
    var reserved = ResourceAmounts()
    for resource in CountedResource.allCases { reserved[resource] = try reader.signed() }
    let isLeaving = try reader.number() == 1
    let chain = try reader.number()
    return HeldReplica(
      id: UUID(uuid: uuid), environment: environment, replica: number, cluster: cluster, stage: stage, phase: phase,
      revision: revision, reserved: reserved, isLeaving: isLeaving,
      chain: chain == 0 ? nil : try names.name(chain - 1))
  }
}

/// Names by number, each kept once.
struct NameTable: Sendable {
  private var names: [String] = []
  private var numbers: [String: UInt64] = [:]

  mutating func number(of name: String) -> UInt64 {
    if let known = numbers[name] { return known }
    let number = UInt64(names.count)
    names.append(name)
    numbers[name] = number
    return number
  }

  func known(_ name: String) -> UInt64? { numbers[name] }

  func name(_ number: UInt64) throws(CompactReader.Malformed) -> String {
    guard number < UInt64(names.count) else { throw CompactReader.Malformed() }
    return names[Int(number)]
  }
}
