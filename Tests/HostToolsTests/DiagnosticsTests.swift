import HostTools
import Testing

@Suite struct DiagnosticsTests {
    @Test(arguments: [
        (["curl", "--url", "http://host.invalid/a"], "curl --url http://host.invalid/a"),
        (["curl", "https://me:secret@host.invalid/a?b"], "curl 'https://…@host.invalid/a?b'"),
        (["sh", "-c", "echo 'a b' > \"$1\"", ""], #"sh -c 'echo '\''a b'\'' > "$1"' ''"#),
    ])
    func commandsReadAsInAShell(words: [String], text: String) {
        #expect(Diagnostics.command(words) == text)
    }
}
