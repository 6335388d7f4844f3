import Console
import Corpora
import JSON
import Platform

/// `inkling classify --jsonl`: one request object a line in, one answer object a line out, until the end of the input.
///
/// A line that is no good request is answered by `{"error": …}` and the next one is read.
struct ClassificationRequests {
  private static let lineLimit = 1 << 28
  private static let members = ["id", "text", "path", "top"]

  let answer: ClassificationAnswer

  /// Reads standard input to its end. Each answer is flushed before the next line is read.
  func answerAll() throws(Failure) {
    var reader = LineReader(descriptor: STDIN_FILENO, limit: Self.lineLimit)
    var isFirst = true
    while var line = try reader.next() {
      if isFirst, case .success(let bytes) = line, bytes.hasByteOrderMark {
        line = .success(Array(bytes.dropFirst(3)))
      }
      isFirst = false
      if case .success(let bytes) = line, bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        continue
      }
      try Console.write(answer(line).serialized() + [10])
      try Console.flush()
    }
  }

  private func answer(_ line: Result<[UInt8], Failure>) -> JSON {
    var object = JSONObject()
    do throws(Failure) {
      let request: JSON
      do { request = try JSON.parse(try line.get()) } catch let error as Failure { throw error } catch {
        throw Failure("request", why: "\(error)", remedy: "send one JSON object a line")
      }
      if let id = request["id"] { object["id"] = id }
      for (key, value) in try members(request) { object[key] = value }
    } catch {
      object["id"] = object["id"] ?? .null
      object["error"] = ["what": JSON(error.what), "why": JSON(error.why), "remedy": JSON(error.remedy)]
    }
    return .object(object)
  }

  private func members(_ request: JSON) throws(Failure) -> JSONObject {
    let text: [UInt8]
    let top: Int?
    do throws(JSONError) {
      let place = JSONDecoding(request)
      if let other = try place.object().keys.first(where: { !Self.members.contains($0) }) {
        throw place[other].mismatch(expected: "one of the members \(Self.members.joined(separator: ", "))")
      }
      top = try place["top"].optional?.integer(in: 1...1000)
      if let given = place["text"].optional {
        text = Array(try given.string().utf8)
      } else {
        let path = try place["path"].string()
        do throws(Failure) { text = TextDecoding.text(try readFile(path, limit: TextInput.byteLimit)) } catch
        {
          throw JSONError.mismatch(path: "path", expected: "a file that can be read", found: "\(error)")
        }
      }
    } catch {
      throw Failure("request", why: "\(error)", remedy: "send a text or a path")
    }
    return try answer.members(text, top: top)
  }
}
