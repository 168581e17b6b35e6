"""The command line `seedpactd`.

One small file a command, one output layer, one table of exit codes. What belongs here: arguments,
files, and words for people. What must not: rules; those are the enclave's and the chain's.
"""

from node.cli.import_path import leave_current_folder

# Before the command's first import.
leave_current_folder()
