import Foundation
import Testing

@Suite("The rooms")
struct RoomTests {
  @Test("of the table are the folders of the sources")
  func folders() throws {
    let folders = try Repository.folders(in: "Sources").flatMap { floor in
      try Repository.folders(in: "Sources/\(floor)").map { "\(floor)/\($0)" }
    }
    #expect(try Room.all().map(\.path).sorted() == folders.sorted())
  }

  @Test("import only rooms that stand before them in the table")
  func order() throws {
    let rooms = try Room.all()
    for (index, room) in rooms.enumerated() {
      let before = Set(rooms[..<index].map(\.name))
      #expect(room.mayImport.subtracting(before).sorted() == [], "\(room.path)")
    }
  }

  @Test("have in Package.swift the dependencies that the table allows")
  func package() throws {
    let names = Set(try Room.all().map(\.name))
    let declared = try Room.declared()
    for room in try Room.all() {
      if room.kind == "C" {
        #expect(try Repository.text("Package.swift").contains("path: \"Sources/\(room.path)\""), "\(room.path)")
      } else {
        let dependencies = try #require(declared[room.path], "\(room.path) is not in Package.swift").intersection(names)
        #expect(dependencies == room.mayImport, "\(room.path)")
      }
    }
  }

  @Test("import what the table allows, and nothing else")
  func imports() throws {
    let rooms = try Room.all()
    let names = Set(rooms.map(\.name))
    for room in rooms {
      for (file, modules) in try Room.imports(below: "Sources/\(room.path)") {
        let others = modules.intersection(names).subtracting(room.mayImport)
        #expect(others.sorted() == [], "\(file)")
      }
    }
  }

  @Test(
    "that are pure import pure rooms and pure libraries only, and read neither clock, chance, files nor environment")
  func pure() throws {
    let rooms = try Room.all()
    let pure = Set(rooms.filter { $0.kind == "pure" }.map(\.name))
    #expect(
      pure == [
        "Model", "Events", "Identity", "Placement", "Policy", "Migration", "Board", "Trail", "Requests", "Contract",
      ])
    for room in rooms where room.kind == "pure" {
      #expect(room.mayImport.isSubset(of: pure), "\(room.path)")
      try Self.expectPure(below: "Sources/\(room.path)", libraries: pure.union(Self.pureLibraries))
    }
  }

  @Test("of the reconciler keep a core that is pure")
  func core() throws {
    let libraries: Set = ["Model", "Events", "Foundation"]
    try Self.expectPure(below: "Sources/RegionAgent/Reconciler/Core", libraries: libraries)
  }

  @Test("of the writer to repositories keep a core that is pure")
  func gitOps() throws {
    try Self.expectPure(below: "Sources/RegionAgent/GitOps/Core", libraries: ["Model", "Foundation", "Crypto"])
  }

  @Test("of the probes keep a core that is pure")
  func conformity() throws {
    try Self.expectPure(below: "Sources/RegionAgent/Conformity/Core", libraries: ["Events"])
  }

  @Test("of the capacity's meter keep a core that is pure")
  func capacity() throws {
    try Self.expectPure(below: "Sources/RegionAgent/Capacity/Core", libraries: ["Events", "Model"])
  }

  @Test("used in production link neither simulated cluster nor mock broker")
  func production() throws {
    for room in try Room.all() where room.name != "CLI" {
      #expect(room.mayImport.isDisjoint(with: ["SimulatedCluster", "KafkaMock"]), "\(room.path)")
    }
  }

  private static let pureLibraries: Set = [
    "Foundation", "FoundationEssentials", "Yams", "Crypto", "CryptoExtras", "Mustache",
  ]

  private static func expectPure(below folder: String, libraries: Set<String>) throws {
    let files = try Room.imports(below: folder)
    #expect(!files.isEmpty)
    for (file, modules) in files {
      #expect(modules.subtracting(libraries).sorted() == [], "\(file)")
      let code = try Repository.text(file).replacing(/\/\/[^\n]*/, with: "").replacing(/"[^"\n]*"/, with: "\"\"")
      let impure =
        /\bDate\(\)|Date\.now|\bUUID\(\)|\.random\(|\.shuffled\(|ContinuousClock|ProcessInfo|FileManager|FileHandle|URLSession|\bTask[ .{]|(Data|String)\(contentsOf/
      let found = code.firstMatch(of: impure).map { String($0.0) }
      #expect(found == nil, "\(file)")
    }
  }
}

/// A row of the table of rooms.
private struct Room {
  /// `Shared/Model`.
  var path: String
  var kind: String
  var mayImport: Set<String>

  var name: String { String(path.drop { $0 != "/" }.dropFirst()) }

  static func all() throws -> [Room] {
    let rows = try Page("docs/architecture/rooms.md").table(under: "Rooms")
    #expect(rows.count > 15)
    return rows.map { row in
      let names = row[3] == "–" ? [] : row[3].components(separatedBy: ", ")
      return Room(path: row[0].replacing("`", with: ""), kind: row[1], mayImport: Set(names))
    }
  }

  /// What Package.swift says that each room depends on.
  static func declared() throws -> [String: Set<String>] {
    let manifest = try Repository.text("Package.swift")
    let targets = manifest.matches(of: /\b(?:room|program)\(\s*"([A-Za-z]+\/[A-Za-z]+)",?\s*\[([^\]]*)\]/)
    return Dictionary(
      targets.map { match in
        (String(match.1), Set(match.2.matches(of: /"([A-Za-z]+)"/).map { String($0.1) }))
      }, uniquingKeysWith: { $0.union($1) })
  }

  /// The modules that each file imports.
  static func imports(below folder: String) throws -> [(file: String, modules: Set<String>)] {
    try Repository.files(below: folder, suffix: ".swift").map { file in
      let lines = try Repository.text(file).matches(
        of:
          /(?m)^\s*(?:@[A-Za-z]+(?:\([a-z]+\))? )?(?:public |internal |package |private )?import (?:[a-z]+ )?([A-Za-z0-9]+)/
      )
      return (file, Set(lines.map { String($0.1) }))
    }
  }
}
