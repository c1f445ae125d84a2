"""Reading a project as it is in a commit, out of git's objects: no program is started, no hook or
setting of the repository counts, and neither work tree nor index nor references are touched.
"""
